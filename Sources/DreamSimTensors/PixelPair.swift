internal import CDreamSimKernels

/// Two images of one size with three interleaved channels, to be compared: as bytes, or as the sums and differences of
/// their values once they were scaled down. Values are in 0...255.
package enum PixelPair: Sendable {
    /// Both images' bytes, row by row.
    case bytes([UInt8], [UInt8], width: Int, height: Int)
    /// a + b and a - b, row by row.
    case scaled(Scaled)

    /// The sums and differences of two images.
    package struct Scaled: Sendable {
        package let width: Int
        package let height: Int
        /// Height * width * 3 values, and some that are not used.
        fileprivate let sums: [Float]
        fileprivate let differences: [Float]

        fileprivate init(
            width: Int, height: Int,
            _ fill: (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
        ) {
            let (values, slack) = (width * height * 3, Int(DSV_SIMILARITY_SLACK))
            var differences: [Float] = []
            sums = [Float](unsafeUninitializedCapacity: values + slack) { sums, initialized in
                differences = [Float](unsafeUninitializedCapacity: values + slack) { differences, initialized in
                    for i in values..<(values + slack) { (sums[i], differences[i]) = (0, 0) }
                    fill(sums, differences)
                    initialized = values + slack
                }
                initialized = values + slack
            }
            (self.width, self.height, self.differences) = (width, height, differences)
        }
    }

    /// The number of columns.
    package var width: Int {
        switch self {
        case .bytes(_, _, let width, _): width
        case .scaled(let pair): pair.width
        }
    }

    /// The number of rows.
    package var height: Int {
        switch self {
        case .bytes(_, _, _, let height): height
        case .scaled(let pair): pair.height
        }
    }

    /// Sums and differences of part of a row: read in place, or made in the memory given.
    /// - Parameters:
    ///   - x: the first column.
    ///   - count: the number of values, three a column.
    func rows(
        _ y: Int, from x: Int, count: Int, into memory: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    ) -> (UnsafePointer<Float>, UnsafePointer<Float>) {
        let start = (y * width + x) * 3
        switch self {
        case .bytes(let a, let b, _, _):
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    dsv_sums_and_differences(
                        a.baseAddress! + start, b.baseAddress! + start, count, memory.0, memory.1)
                }
            }
        case .scaled(let pair):
            pair.sums.withUnsafeBufferPointer { memory.0.update(from: $0.baseAddress! + start, count: count) }
            pair.differences.withUnsafeBufferPointer { memory.1.update(from: $0.baseAddress! + start, count: count) }
        }
        return (UnsafePointer(memory.0), UnsafePointer(memory.1))
    }
}

extension PixelPair {
    /// Averages over squares of `factor` pixels on each side, without overlap; what is left over at the right and at the
    /// bottom is dropped. With `padding`, first the left column and the top row are repeated so many times.
    package func averaged(_ factor: Int, padding: Int = 0) -> PixelPair {
        if factor == 2, padding == 0 { return halved() }
        let size = (width: (width + padding) / factor, height: (height + padding) / factor)
        precondition(size.width > 0 && size.height > 0, "squares of \(factor) in \(width)x\(height)")
        let scaled = Scaled(width: size.width, height: size.height) { sums, differences in
            let targets = Targets(sums: sums.baseAddress!, differences: differences.baseAddress!)
            let count = width * 3
            Parallel.forEachRange(size.height, multiple: 16) { range in
                // The sums of the rows of a square; exact in float, as long as `factor` is below 181.
                let memory = UnsafeMutablePointer<Float>.allocate(capacity: 4 * count)
                defer { memory.deallocate() }
                let row = (memory, memory + count)
                for y in range {
                    (memory + 2 * count).initialize(repeating: 0, count: 2 * count)
                    for k in 0..<factor {
                        _ = rows(max(y * factor + k - padding, 0), from: 0, count: count, into: row)
                        for i in 0..<(2 * count) { memory[2 * count + i] += memory[i] }
                    }
                    for (part, target) in [targets.sums, targets.differences].enumerated() {
                        let total = memory + (2 + part) * count
                        let target = target + y * size.width * 3
                        for x in 0..<size.width {
                            for c in 0..<3 {
                                var sum: Float = 0
                                for k in 0..<factor { sum += total[max(x * factor + k - padding, 0) * 3 + c] }
                                target[x * 3 + c] = sum / Float(factor * factor)
                            }
                        }
                    }
                }
            }
        }
        return .scaled(scaled)
    }

    /// Averages over squares of 2 x 2 pixels.
    private func halved() -> PixelPair {
        let (width, size) = (width * 3, (width: width / 2, height: height / 2))
        return .scaled(
            Scaled(width: size.width, height: size.height) { sums, differences in
                let targets = Targets(sums: sums.baseAddress!, differences: differences.baseAddress!)
                Parallel.forEachRange(size.height, multiple: 16) { range in
                    for y in range {
                        let (top, bottom, row) = (2 * y * width, (2 * y + 1) * width, y * size.width * 3)
                        switch self {
                        case .bytes(let a, let b, _, _):
                            a.withUnsafeBufferPointer { a in
                                b.withUnsafeBufferPointer { b in
                                    let (a, b) = (a.baseAddress!, b.baseAddress!)
                                    dsv_halve_bytes(
                                        a + top, a + bottom, b + top, b + bottom, size.width, targets.sums + row,
                                        targets.differences + row)
                                }
                            }
                        case .scaled(let pair):
                            for (values, target) in [
                                (pair.sums, targets.sums), (pair.differences, targets.differences),
                            ] {
                                values.withUnsafeBufferPointer {
                                    let values = $0.baseAddress!
                                    dsv_halve(values + top, values + bottom, size.width, target + row)
                                }
                            }
                        }
                    }
                }
            })
    }

    /// The pair with `margin` columns and rows on each side that mirror the image without repeating its edge; each side
    /// must be longer than `margin`.
    package func mirrored(by margin: Int) -> PixelPair {
        precondition(min(width, height) > margin, "a margin of \(margin) around \(width)x\(height)")
        func source(_ i: Int, _ count: Int) -> Int {
            let i = abs(i - margin)
            return i < count ? i : 2 * (count - 1) - i
        }
        let (width, height) = (width, height)
        let size = (width: width + 2 * margin, height: height + 2 * margin)
        func fill<Value>(_ values: [Value], _ target: UnsafeMutableBufferPointer<Value>) {
            values.withUnsafeBufferPointer { values in
                for y in 0..<size.height {
                    let row = source(y, height) * width * 3
                    for x in 0..<size.width {
                        let column = row + source(x, width) * 3
                        let place = (y * size.width + x) * 3
                        for c in 0..<3 { target[place + c] = values[column + c] }
                    }
                }
            }
        }
        switch self {
        case .bytes(let a, let b, _, _):
            func mirrored(_ values: [UInt8]) -> [UInt8] {
                [UInt8](unsafeUninitializedCapacity: size.width * size.height * 3) { target, initialized in
                    fill(values, target)
                    initialized = size.width * size.height * 3
                }
            }
            return .bytes(mirrored(a), mirrored(b), width: size.width, height: size.height)
        case .scaled(let pair):
            return .scaled(
                Scaled(width: size.width, height: size.height) { sums, differences in
                    fill(pair.sums, sums)
                    fill(pair.differences, differences)
                })
        }
    }

    /// `@unchecked Sendable`: each thread writes rows of its own.
    private struct Targets: @unchecked Sendable {
        let sums: UnsafeMutablePointer<Float>
        let differences: UnsafeMutablePointer<Float>
    }
}

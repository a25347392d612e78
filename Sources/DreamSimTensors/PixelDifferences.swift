internal import CDreamSimKernels

/// Exact sums over the differences of bytes.
package enum PixelDifferences {
    /// The sums of |a - b| and of (a - b)² over arrays of the same length.
    package static func sums(_ a: [UInt8], _ b: [UInt8]) -> (absolute: UInt64, squared: UInt64) {
        precondition(a.count == b.count, "\(a.count) and \(b.count) bytes")
        // Fewer bytes are done before another thread has woken.
        let block = 1 << 18
        let blocks = (a.count + block - 1) / block
        var sums = [(absolute: UInt64, squared: UInt64)](repeating: (0, 0), count: blocks)
        sums.withUnsafeMutableBufferPointer { sums in
            let targets = Targets(sums: sums.baseAddress!)
            Parallel.forEach(blocks) { index in
                let range = (index * block)..<min((index + 1) * block, a.count)
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        dsv_pixel_differences(
                            a.baseAddress! + range.lowerBound, b.baseAddress! + range.lowerBound, range.count,
                            &targets.sums[index].absolute, &targets.sums[index].squared)
                    }
                }
            }
        }
        return sums.reduce(into: (0, 0)) { total, sum in
            total.absolute += sum.absolute
            total.squared += sum.squared
        }
    }

    /// `@unchecked Sendable`: each thread writes elements of its own.
    private struct Targets: @unchecked Sendable {
        let sums: UnsafeMutablePointer<(absolute: UInt64, squared: UInt64)>
    }
}

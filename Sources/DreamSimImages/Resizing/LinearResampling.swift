/// The resampling of `Image.resized` without its rounding to 8 bits, and so a linear map of a plane of numbers, with the
/// map's transpose for gradients.
package struct LinearResampling: Sendable {
    private let rows: ResamplingAxis
    private let columns: ResamplingAxis
    /// Of the planes that are resampled.
    package let height: Int
    package let width: Int
    /// Of the result.
    package let newHeight: Int
    package let newWidth: Int

    /// Plans the resampling of planes of one size to another, antialiased.
    package init(
        height: Int, width: Int, toHeight newHeight: Int, width newWidth: Int,
        filter: ResamplingFilter = .bicubic(a: -0.5)
    ) {
        precondition([height, width, newHeight, newWidth].allSatisfy { $0 > 0 }, "\(height)x\(width) resampled")
        func axis(_ input: Int, _ output: Int) -> ResamplingAxis {
            ResamplingAxis(
                input: input, from: 0, to: Float(input), output: output, filter: filter, antialias: true)
        }
        (self.height, self.width, self.newHeight, self.newWidth) = (height, width, newHeight, newWidth)
        rows = axis(height, newHeight)
        columns = axis(width, newWidth)
    }

    /// Resamples a plane.
    /// - Parameters:
    ///   - plane: height * width numbers, row by row.
    ///   - result: newHeight * newWidth numbers.
    package func forward(_ plane: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: height * newWidth) { narrow in
            let narrow = narrow.baseAddress!
            for x in 0..<newWidth {
                for y in 0..<height {
                    var sum: Float = 0
                    columns.forEachTap(of: x) { sum += $1 * plane[y * width + $0] }
                    narrow[y * newWidth + x] = sum
                }
            }
            for y in 0..<newHeight {
                let line = result + y * newWidth
                line.update(repeating: 0, count: newWidth)
                rows.forEachTap(of: y) { source, weight in
                    for x in 0..<newWidth { line[x] += weight * narrow[source * newWidth + x] }
                }
            }
        }
    }

    /// The gradient of a plane, given that of what became of it.
    /// - Parameters:
    ///   - gradient: newHeight * newWidth numbers.
    ///   - result: height * width numbers.
    package func backward(_ gradient: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: height * newWidth) { narrow in
            narrow.update(repeating: 0)
            let narrow = narrow.baseAddress!
            for y in 0..<newHeight {
                let line = gradient + y * newWidth
                rows.forEachTap(of: y) { target, weight in
                    for x in 0..<newWidth { narrow[target * newWidth + x] += weight * line[x] }
                }
            }
            result.update(repeating: 0, count: height * width)
            for x in 0..<newWidth {
                for y in 0..<height {
                    let value = narrow[y * newWidth + x]
                    columns.forEachTap(of: x) { result[y * width + $0] += $1 * value }
                }
            }
        }
    }
}

extension ResamplingAxis {
    /// Calls `body` with the index and the weight of every input of an output.
    fileprivate func forEachTap(of output: Int, _ body: (Int, Float) -> Void) {
        let first = Int(starts[output])
        for k in 0..<Int(counts[output]) {
            body(first + k, Float(weights[output * stride + k]) * 0x1p-22)
        }
    }
}

internal import CDreamSimKernels

extension PixelDifferences {
    /// How many values a thread takes at a time. Sums are taken block by block, so that they do not depend on the threads.
    private static let block = 1 << 14

    /// The sums of |a - b| and of (a - b)² over each image of two batches, in double precision; not finite when a value
    /// is not.
    /// - Parameters:
    ///   - a: [N, ...].
    ///   - b: of the same shape.
    package static func sums(_ a: Tensor, _ b: Tensor) -> [(absolute: Double, squared: Double)] {
        let blocks = Blocks(a, b)
        var sums = [(absolute: Double, squared: Double)](repeating: (0, 0), count: blocks.count)
        sums.withUnsafeMutableBufferPointer { sums in
            guard let base = sums.baseAddress else { return }
            let target = UnsafeSendablePointer(base)
            blocks.forEach(a, b) { index, _, a, b in
                let sum = target.pointer + index
                dsv_float_differences(
                    a.baseAddress!, b.baseAddress!, a.count, &sum.pointee.absolute, &sum.pointee.squared)
            }
        }
        return (0..<blocks.images).map { n in
            sums[(n * blocks.perImage)..<((n + 1) * blocks.perImage)].reduce(into: (0, 0)) { total, sum in
                total.absolute += sum.absolute
                total.squared += sum.squared
            }
        }
    }

    /// The gradients of distances that depend on differences alone, rounded once from double precision.
    /// - Parameters:
    ///   - a: [N, ...].
    ///   - b: of the same shape.
    ///   - slopes: for each image what a - b is multiplied with, or the sign of that.
    ///   - ofSigns: whether it is the sign.
    /// - Returns: that of a; b's is its negative.
    package static func gradient(_ a: Tensor, _ b: Tensor, slopes: [Double], ofSigns: Bool) -> Tensor {
        Tensor(uninitialized: a.shape) { dA in
            fill(dA, nil, a, b, slopes, ofSigns)
        }
    }

    /// The gradients of both, see `gradient`.
    package static func gradients(
        _ a: Tensor, _ b: Tensor, slopes: [Double], ofSigns: Bool
    ) -> (dA: Tensor, dB: Tensor) {
        var dB: Tensor?
        let dA = Tensor(uninitialized: a.shape) { dA in
            dB = Tensor(uninitialized: b.shape) { fill(dA, $0, a, b, slopes, ofSigns) }
        }
        guard let dB else { preconditionFailure("no gradient of shape \(b.shape)") }
        return (dA, dB)
    }

    private static func fill(
        _ dA: UnsafeMutableBufferPointer<Float>, _ dB: UnsafeMutableBufferPointer<Float>?, _ a: Tensor, _ b: Tensor,
        _ slopes: [Double], _ ofSigns: Bool
    ) {
        let blocks = Blocks(a, b)
        precondition(slopes.count == blocks.images, "\(slopes.count) slopes for \(blocks.images) images")
        guard let first = dA.baseAddress else { return }
        let (dA, dB) = (UnsafeSendablePointer(first), dB?.baseAddress.map { UnsafeSendablePointer($0) })
        blocks.forEach(a, b) { index, offset, a, b in
            dsv_float_differences_backward(
                a.baseAddress!, b.baseAddress!, a.count, slopes[index / blocks.perImage], ofSigns ? 1 : 0,
                dA.pointer + offset, dB.map { $0.pointer + offset })
        }
    }

    /// The blocks of two batches; none holds values of two images.
    private struct Blocks {
        let images: Int
        let perImage: Int
        private let values: Int

        init(_ a: Tensor, _ b: Tensor) {
            precondition(a.shape == b.shape && a.count > 0, "differences of \(a.shape) and \(b.shape)")
            images = a.shape[0]
            values = a.count / images
            perImage = (values + block - 1) / block
        }

        var count: Int { images * perImage }

        /// Calls `body` with each block's number, its first place and its values.
        func forEach(
            _ a: Tensor, _ b: Tensor,
            _ body: @Sendable (Int, Int, UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
        ) {
            Parallel.forEach(count) { index in
                let within = index % perImage * block
                let first = index / perImage * values + within
                let range = first..<(first + min(block, values - within))
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        body(
                            index, first, UnsafeBufferPointer(rebasing: a[range]),
                            UnsafeBufferPointer(rebasing: b[range]))
                    }
                }
            }
        }
    }
}

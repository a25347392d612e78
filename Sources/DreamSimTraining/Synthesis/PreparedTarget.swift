/// A target at the size of the inversion, with what a mask hides painted over.
struct PreparedTarget {
    /// [1, 3, H, W].
    let image: Tensor
    /// The share of the loss, 0...1.
    let share: Double
    private let paint: Paint?

    /// What is laid over an image: the mask [H * W] and the color of what does not count.
    private struct Paint {
        let mask: [Float]
        let color: [Float]
    }

    /// - Throws: `DreamSimError` with `.incomparable` when the mask is not as large as the image, `.badSetting` when it is
    ///   black everywhere at the new size.
    init(_ target: InversionTarget, height: Int, width: Int, share: Double) throws {
        try target.mask?.checkSize(of: target.image)
        let resized = target.image.resized(width: width, height: height)
        self.share = share
        guard let mask = target.mask, !mask.isWhole else {
            (image, paint) = (try Tensor([resized]), nil)
            return
        }
        let small = try Mask(mask.weights.averaged(columns: width, rows: height), name: mask.name)
        let color = small.meanColor(of: resized)
        let paint = Paint(
            mask: small.weights.values, color: [color.red, color.green, color.blue].map { Float($0) / 255 })
        image = Self.painted(try Tensor([resized]), paint)
        self.paint = paint
    }

    /// An image with what does not count in the target's color.
    func painted(_ image: Tensor) -> Tensor { paint.map { Self.painted(image, $0) } ?? image }

    private static func painted(_ image: Tensor, _ paint: Paint) -> Tensor {
        var result = image
        let count = paint.mask.count
        result.withUnsafeMutableBufferPointer { values in
            for i in values.indices {
                let color = paint.color[i / count % 3]
                values[i] = color + paint.mask[i % count] * (values[i] - color)
            }
        }
        return result
    }

    /// The gradient of an image, given that of the painted one.
    func backward(_ gradient: Tensor) -> Tensor {
        guard let paint else { return gradient }
        var result = gradient
        let count = paint.mask.count
        result.withUnsafeMutableBufferPointer { values in
            for i in values.indices { values[i] *= paint.mask[i % count] }
        }
        return result
    }
}

import DreamSim
import Tensors

/// A target at the size of the inversion, with what a mask hides painted over.
struct PreparedTarget {
    /// [1, 3, H, W].
    let picture: Tensor
    /// The share of the loss, 0...1.
    let share: Double
    private let paint: Paint?

    /// What is laid over a picture: the mask [H * W] and the colour of what does not count.
    private struct Paint {
        let mask: [Float]
        let colour: [Float]
    }

    /// - Throws: `DreamSimError` with `.incomparable` when the mask is not as large as the picture, `.badSetting` when it is
    ///   black everywhere at the new size.
    init(_ target: InversionTarget, height: Int, width: Int, share: Double) throws {
        try target.mask?.checkSize(of: target.image)
        let image = target.image.resized(width: width, height: height)
        self.share = share
        guard let mask = target.mask, !mask.isWhole else {
            (picture, paint) = (try Tensor([image]), nil)
            return
        }
        let small = try Mask(mask.weights.averaged(columns: width, rows: height), name: mask.name)
        let colour = small.meanColour(of: image)
        let paint = Paint(
            mask: small.weights.values, colour: [colour.red, colour.green, colour.blue].map { Float($0) / 255 })
        picture = Self.painted(try Tensor([image]), paint)
        self.paint = paint
    }

    /// A picture with what does not count in the target's colour.
    func painted(_ picture: Tensor) -> Tensor { paint.map { Self.painted(picture, $0) } ?? picture }

    private static func painted(_ picture: Tensor, _ paint: Paint) -> Tensor {
        var result = picture
        let count = paint.mask.count
        result.withUnsafeMutableBufferPointer { values in
            for i in values.indices {
                let colour = paint.colour[i / count % 3]
                values[i] = colour + paint.mask[i % count] * (values[i] - colour)
            }
        }
        return result
    }

    /// The gradient of a picture, given that of the painted one.
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

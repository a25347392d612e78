/// An image of a request as metrics need it.
struct PreparedUpload: Sendable {
    /// What answers call it.
    let name: String
    /// What metrics see of it.
    let image: PreparedImage
    /// The share of the budget that the image takes.
    let share: ByteBudget.Share?

    /// What was passed over in the file without harm, with the name.
    var warnings: [String] { image.warnings.map { "\(name): \($0)" } }

    /// Decodes an image and prepares it; blocks.
    /// - Throws: `DreamSimError`, `Problem` when images take too much memory.
    init(
        _ upload: Upload, _ preparation: ImagePreparation, _ limits: ServiceLimits, _ budget: ByteBudget,
        _ decoding: WaitingBudget
    ) throws {
        name = upload.name
        // What is kept is counted before the memory of its decoding is given back.
        (image, share) = try decoding.run {
            let image = try preparation.prepare { options in
                let decoded = try upload.decode(options, within: limits)
                return (decoded.image, decoded.info.warnings)
            }
            return (image, try Self.share(of: image, upload.name, preparation, limits, budget))
        }
    }

    /// The share of the budget for what is kept.
    private static func share(
        of image: PreparedImage, _ name: String, _ preparation: ImagePreparation, _ limits: ServiceLimits,
        _ budget: ByteBudget
    ) throws -> ByteBudget.Share? {
        guard preparation.needsPixels else {
            return nil
        }
        if let full = image.image, full.width * full.height > limits.pixelsInFull {
            throw Problem(
                .tooLarge,
                "\(name): \(full.width)x\(full.height) pixels pass the limit of \(limits.pixelsInFull) for metrics that compare images in full size",
                advice: "send a smaller image, give resize=SIDE, or choose a model")
        }
        guard let share = budget.share(3 * image.pixelCount) else {
            throw Problem.passing(.overload, "the images of all requests take too much memory", retryAfter: 1)
        }
        return share
    }
}

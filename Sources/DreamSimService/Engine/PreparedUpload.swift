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
    init(_ upload: Upload, _ preparation: ImagePreparation, _ limits: ServiceLimits, _ budget: ByteBudget) throws {
        name = upload.name
        image = try preparation.prepare { options in
            let decoded = try upload.decode(options, within: limits)
            return (decoded.image, decoded.info.warnings)
        }
        guard preparation.needsPixels else {
            share = nil
            return
        }
        if let full = image.image, full.width * full.height > limits.pixelsInFull {
            throw Problem(
                .tooLarge,
                "\(upload.name): \(full.width)x\(full.height) pixels pass the limit of \(limits.pixelsInFull) for metrics that compare images in full size",
                advice: "send a smaller image, give resize=SIDE, or choose a model")
        }
        guard let share = budget.share(3 * image.pixelCount) else {
            throw Problem.passing(.overload, "the images of all requests take too much memory", retryAfter: 1)
        }
        self.share = share
    }
}

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
            let image = try preparation.prepare(upload.name) { options in
                let decoded = try Self.decode(upload, options, preparation, limits)
                return (decoded.image, decoded.info.warnings)
            }
            return (image, try Self.share(of: image, preparation, budget))
        }
    }

    /// Decodes an image of at most as many pixels as its metrics may have, by its header.
    private static func decode(
        _ upload: Upload, _ options: DecodingOptions, _ preparation: ImagePreparation, _ limits: ServiceLimits
    ) throws -> (image: Image, info: ImageInfo) {
        guard preparation.needsFullSize else { return try upload.decode(options, within: limits) }
        var inFull = limits
        inFull.pixels = min(limits.pixels, limits.pixelsInFull)
        do {
            return try upload.decode(options, within: inFull)
        } catch let error as DreamSimError
            where error.kind == .limitExceeded && error.problem.hasSuffix("pixels pass the limit of \(inFull.pixels)")
        {
            throw Problem(
                .tooLarge, "\(error.subject): \(error.problem) for metrics that compare images in full size",
                advice: "send a smaller image, give resize=SIDE, or choose a model")
        }
    }

    /// The share of the budget for what is kept.
    private static func share(
        of image: PreparedImage, _ preparation: ImagePreparation, _ budget: ByteBudget
    ) throws -> ByteBudget.Share? {
        guard preparation.needsPixels else { return nil }
        guard let share = budget.share(3 * image.pixelCount) else {
            throw Problem.passing(.overload, "the images of all requests take too much memory", retryAfter: 1)
        }
        return share
    }
}

import DreamSim

/// An image as metrics need it.
struct PreparedImage: Sendable {
    /// What answers call it.
    let name: String
    /// The preprocessed image for each preprocessing of the models.
    let preprocessed: [Preprocessing: Image]
    /// The image for metrics that see it as it is; nil where none does.
    let image: Image?
    /// The share of the budget that the image takes.
    let share: ByteBudget.Share?
    /// What was passed over in the file without harm.
    let warnings: [String]
}

/// What some metrics need of images.
struct Preparation: Sendable {
    let preprocessings: [Preprocessing]
    let needsImage: Bool
    /// The side of the square to which images are brought for metrics that would see them as they are.
    let resize: Int?
    let decoding: DecodingOptions
    let limits: ServiceLimits
    let budget: ByteBudget

    /// Decodes an image and prepares it; blocks.
    /// - Throws: `DreamSimError`, `Problem` when images take too much memory.
    func prepare(_ upload: Upload) throws -> PreparedImage {
        var decoded: [DecodingOptions: Image] = [:]
        var warnings: [String] = []
        func decode(_ options: DecodingOptions) throws -> Image {
            var options = options
            // The limits are the service's own: they do not change what an embedding is, so its stamp keeps the others.
            options.pixelLimit = min(options.pixelLimit, limits.pixels)
            options.byteLimit = min(options.byteLimit, max(limits.bodyBytes, 1 << 20))
            if let image = decoded[options] { return image }
            let result = try upload.decode(options)
            if decoded.isEmpty { warnings = result.warnings }
            decoded[options] = result.image
            return result.image
        }
        var made: [Preprocessing: Image] = [:]
        for preprocessing in preprocessings {
            made[preprocessing] = preprocessing.applied(to: try decode(preprocessing.decoding))
        }
        guard needsImage else {
            return PreparedImage(name: upload.name, preprocessed: made, image: nil, share: nil, warnings: warnings)
        }
        var full = try decode(decoding)
        if let resize {
            full = full.resized(width: resize, height: resize, filter: .bilinear)
        } else if full.width * full.height > limits.pixelsInFull {
            throw Problem(
                .tooLarge,
                "\(upload.name): \(full.width)x\(full.height) pixels pass the limit of \(limits.pixelsInFull) for metrics that compare images in full size",
                advice: "send a smaller image, give resize=SIDE, or choose a model")
        }
        guard let share = budget.share(full.pixels.count) else {
            throw Problem.passing(.overload, "the images of all requests take too much memory", retryAfter: 1)
        }
        return PreparedImage(name: upload.name, preprocessed: made, image: full, share: share, warnings: warnings)
    }
}

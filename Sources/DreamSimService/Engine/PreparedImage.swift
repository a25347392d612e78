import DreamSim

/// An image as metrics need it.
struct PreparedImage: Sendable {
    /// What answers call it.
    let name: String
    /// A square for each way of preparing pictures for models.
    let squares: [Preprocessing: Image]
    /// The picture for metrics that see it as it is; nil where none does.
    let picture: Image?
    /// The share of the budget that the picture takes.
    let share: ByteBudget.Share?
    /// What was passed over in the file without harm.
    let warnings: [String]
}

/// What some metrics need of images.
struct Preparation: Sendable {
    let squares: [Preprocessing]
    let needsPicture: Bool
    /// The side of the square to which pictures are brought for metrics that would see them as they are.
    let resize: Int?
    let decoding: DecodingOptions
    let limits: ServiceLimits
    let budget: ByteBudget

    /// Decodes an image and prepares it; blocks.
    /// - Throws: `ImagingError`, `Problem` when pictures take too much memory.
    func prepare(_ upload: Upload) throws -> PreparedImage {
        var decoded: [DecodingOptions: Image] = [:]
        var warnings: [String] = []
        func picture(_ options: DecodingOptions) throws -> Image {
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
        for preprocessing in squares { made[preprocessing] = preprocessing.square(try picture(preprocessing.decoding)) }
        guard needsPicture else {
            return PreparedImage(name: upload.name, squares: made, picture: nil, share: nil, warnings: warnings)
        }
        var full = try picture(decoding)
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
        return PreparedImage(name: upload.name, squares: made, picture: full, share: share, warnings: warnings)
    }
}

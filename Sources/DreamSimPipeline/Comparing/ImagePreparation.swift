/// What a series of metrics needs of each image.
package struct ImagePreparation: Sendable {
    /// How files are decoded for metrics that see them as they are.
    private let decoding: DecodingOptions
    /// The side of the square to which images are brought for metrics that compare them as they are.
    private let resize: Int?
    /// The metrics that embed, one for each way of preparing images.
    private let embedding: [any EmbeddingMetric]
    /// Whether a metric needs the image as it is, and whether one needs it resized.
    private let (needsImage, needsResized): (Bool, Bool)

    /// Whether a metric needs the image in its full size.
    package var needsFullSize: Bool { needsImage }

    /// Whether a metric needs the image, and not only its embedding.
    package var needsPixels: Bool { needsImage || needsResized }

    /// Finds out what metrics need.
    /// - Parameter inFull: whether only the image as it is is needed.
    package init(
        _ metrics: [any PerceptualMetric], decoding: DecodingOptions, resize: Int? = nil, inFull: Bool = false
    ) {
        (self.decoding, self.resize) = (decoding, resize)
        var embedding: [any EmbeddingMetric] = []
        for metric in metrics {
            guard let metric = metric as? any EmbeddingMetric, !inFull else { continue }
            if !embedding.contains(where: { $0.preprocessing == metric.preprocessing }) { embedding.append(metric) }
        }
        self.embedding = embedding
        let others = metrics.filter { !($0 is any EmbeddingMetric) }
        needsImage = inFull || others.contains { resize == nil || !$0.card.seesFullSize }
        needsResized = resize != nil && others.contains { $0.card.seesFullSize }
    }

    /// Prepares an image.
    /// - Parameters:
    ///   - name: what errors call it.
    ///   - decode: makes the image; called once for each way of decoding.
    package func prepare(
        _ name: String, _ decode: (DecodingOptions) throws -> (image: Image, warnings: [String])
    ) throws -> PreparedImage {
        var decoded: [DecodingOptions: Image] = [:]
        // Apart from the result, which is being changed while images are made.
        var warnings: [String] = []
        var result = PreparedImage()
        func image(_ options: DecodingOptions) throws -> Image {
            if let image = decoded[options] { return image }
            let made = try Timings.measure(.decode) { try decode(options) }
            if decoded.isEmpty { warnings = made.warnings }
            decoded[options] = made.image
            return made.image
        }
        for metric in embedding {
            let image = try image(metric.preprocessing.decoding)
            result.preprocessed[metric.preprocessing] = try Timings.measure(.resize) {
                try metric.prepare(image, name: name)
            }
        }
        try prepare(image, &result)
        result.warnings = warnings
        return result
    }

    /// Prepares the image alone again, after it was dropped to save memory.
    func prepareAgain(
        _ prepared: inout PreparedImage, _ decode: (DecodingOptions) throws -> Image
    ) rethrows {
        if prepared.pixelCount == 0 { try prepare(decode, &prepared) }
    }

    private func prepare(_ image: (DecodingOptions) throws -> Image, _ result: inout PreparedImage) rethrows {
        guard needsPixels else { return }
        let full = try image(decoding)
        if needsImage { result.image = full }
        if needsResized, let resize {
            result.resized = Timings.measure(.resize) { full.resized(width: resize, height: resize, filter: .bilinear) }
        }
    }
}

/// An image as metrics need it.
package struct PreparedImage: Sendable {
    /// The preprocessed image for each preprocessing of metrics that embed.
    package internal(set) var preprocessed: [Preprocessing: Image] = [:]
    /// The image for metrics that see it as it is; nil where none does.
    package fileprivate(set) var image: Image?
    /// The image that was brought to a square for them.
    package fileprivate(set) var resized: Image?
    /// What was passed over in the file without harm.
    package internal(set) var warnings: [String] = []

    /// The pixels that are held beside the preprocessed images.
    package var pixelCount: Int { [image, resized].reduce(0) { $0 + ($1.map { $0.width * $0.height } ?? 0) } }

    /// Forgets the image, to save memory.
    mutating func dropImage() { (image, resized) = (nil, nil) }

    /// The size of what a metric sees that does not embed.
    package func size(for metric: any PerceptualMetric) -> (width: Int, height: Int) {
        let image = image(for: metric)
        return (image.width, image.height)
    }

    fileprivate func image(for metric: any PerceptualMetric) -> Image {
        guard let image = (metric.card.seesFullSize ? resized : nil) ?? image else {
            preconditionFailure("an image without its pixels")
        }
        return image
    }
}

extension PerceptualMetric {
    /// The metric between a reference and each image. An error is of the image that caused it.
    package func results(from reference: Image, to images: [Image]) -> [Result<Double, any Error>] {
        do {
            return try values(from: reference, to: images).map { .success($0) }
        } catch let error as CancellationError {
            return images.map { _ in .failure(error) }
        } catch {}
        return images.map { image in Result { try value(reference, image) } }
    }

    /// The metric between prepared images.
    package func results(from reference: PreparedImage, to images: [PreparedImage]) -> [Result<Double, any Error>] {
        results(from: reference.image(for: self), to: images.map { $0.image(for: self) })
    }
}

extension MetricCard {
    fileprivate var seesFullSize: Bool { if case .full = size { true } else { false } }
}

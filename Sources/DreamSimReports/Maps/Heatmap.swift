/// Maps of one kind with what they were made of: the difference of two images, or the attention of each.
package struct Heatmap: Sendable {
    /// One map, and the image over which it lies.
    package struct Layer: Sendable {
        /// The file of the image.
        package let path: ImagePath
        /// The image that the whole field covers: the file's, or the square that was cut from it or padded around it.
        package let image: Image
        /// The values.
        package let field: ScalarField
    }

    /// An image that was read from a file.
    package struct Source: Sendable {
        /// The file.
        package let path: ImagePath
        /// Its pixels.
        package let image: Image

        /// Joins an image with its file.
        package init(path: ImagePath, image: Image) {
            self.path = path
            self.image = image
        }

        /// Reads a file.
        /// - Throws: `DreamSimError` when it cannot be read.
        package init(_ path: ImagePath, options: DecodingOptions = .standard) throws {
            self.init(path: path, image: try Image(contentsOfFile: path.bytes, options: options))
        }
    }

    /// A mask that a metric was limited to.
    package struct Limit: Sendable, Encodable {
        /// The mask's name.
        package let mask: String
        /// The share of the images that counts.
        package let share: Double
        /// What becomes of a transformer's masked patches.
        package let handling: String

        init(_ metric: MaskedMetric) {
            mask = metric.mask.name
            share = metric.mask.share
            handling = metric.handling.rawValue
        }
    }

    /// What the maps show.
    package let kind: MapKind
    /// What made them.
    package let metric: MetricCard
    /// What made a model's numbers; nil for metrics that are no model.
    package let model: ModelStamp?
    /// What the difference is taken from; nil for attention.
    package let reference: Source?
    /// The metric between the two images; nil for attention.
    package let value: Double?
    /// To what the metric was limited; nil for whole images.
    package let mask: Limit?
    /// The maps: one for a difference, one an image for attention.
    package let layers: [Layer]

    /// Maps the difference of two images.
    /// - Parameters:
    ///   - metric: what sees the difference.
    ///   - reference: the first image.
    ///   - image: the second, over which the map lies.
    /// - Throws: `DreamSimError` with `.badSetting` when the metric has no map, and as `SpatialMetric.map(_:_:)`.
    package init(difference metric: any PerceptualMetric, from reference: Source, to image: Source) throws {
        guard let spatial = metric as? any SpatialMetric else {
            throw DreamSimError(
                .badSetting, metric.card.name,
                "gives one number for two whole images and has no map; choose lpips-alex, ssim, mse or a model")
        }
        kind = .difference
        self.metric = metric.card
        let masked = metric as? MaskedMetric
        let whole: any PerceptualMetric = masked?.metric ?? metric
        try (whole as? PerceptualModel)?.checkTransformers()
        mask = masked.map(Limit.init)
        model = (whole as? any EmbeddingMetric)?.stamp
        self.reference = reference
        value = try metric.value(reference.image, image.image)
        try Interruption.check()
        layers = [
            Layer(
                path: image.path, image: Self.covered(image.image, by: whole),
                field: try
                    ((spatial as? PerceptualModel)?.map(reference.image, image.image, Interruption.check)
                    ?? spatial.map(reference.image, image.image)).wholeField)
        ]
    }

    /// Maps what a model attends to in each of some images.
    /// - Parameters:
    ///   - kind: `.rollout` or `.attention`.
    ///   - metric: a model of vision transformers.
    ///   - images: the images, at least one.
    /// - Throws: `DreamSimError` with `.badSetting` when the metric is no such model.
    package init(attention kind: MapKind, of metric: any PerceptualMetric, in images: [Source]) throws {
        precondition(kind != .difference && !images.isEmpty, "a map of \(kind) of \(images.count) images")
        guard let model = metric as? PerceptualModel else {
            throw DreamSimError(
                .badSetting, metric.card.name, "has no attention; choose a model of vision transformers")
        }
        self.kind = kind
        self.metric = metric.card
        self.model = model.stamp
        reference = nil
        value = nil
        mask = nil
        layers = try images.map { image in
            Layer(
                path: image.path, image: Self.covered(image.image, by: metric),
                field: try model.attention(kind, of: image.image))
        }
    }

    /// What the values say.
    package var meaning: String {
        switch kind {
        case .difference: "difference, higher is more different"
        case .rollout: "attention through all blocks, 1 is an equal share"
        case .attention: "attention in the last block, 1 is an equal share"
        }
    }

    /// The largest value of all maps.
    package var largest: Float { layers.map(\.field.largest).max() ?? 0 }

    /// The part of an image that a map covers: all of it, in its own shape, unless a model cuts or pads it.
    static func covered(_ image: Image, by metric: any PerceptualMetric) -> Image {
        guard let model = metric as? any EmbeddingMetric, model.preprocessing.fit != .stretch else { return image }
        return model.preprocessing.applied(to: image)
    }
}

extension Heatmap: Encodable {
    private enum CodingKeys: CodingKey {
        case kind, meaning, metric, model, reference, value, mask, maps
    }

    private struct Map: Encodable {
        let image: ImagePath
        let width, height: Int
        let mean: Double
        let largest: Float
        let values: [Float]
    }

    /// Writes everything but the images.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(meaning, forKey: .meaning)
        try container.encode(metric, forKey: .metric)
        try container.encodeIfPresent(model, forKey: .model)
        try container.encodeIfPresent(reference?.path, forKey: .reference)
        try container.encodeIfPresent(value, forKey: .value)
        try container.encodeIfPresent(mask, forKey: .mask)
        try container.encode(
            layers.map { layer in
                Map(
                    image: layer.path, width: layer.field.width, height: layer.field.height, mean: layer.field.mean,
                    largest: layer.field.largest, values: layer.field.values)
            }, forKey: .maps)
    }
}

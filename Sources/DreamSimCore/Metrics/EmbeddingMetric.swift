/// A metric that embeds each image by itself and compares embeddings by their cosine, as DreamSim's models do.
///
/// A type of your own that conforms needs a card, a stamp, a width and `embed(preprocessed:)`; comparisons, evaluations,
/// indexes and the service then embed every image only once, and many together.
public protocol EmbeddingMetric: PerceptualMetric {
    /// What the embeddings depend on. Its `preprocessing` says which images `embed(preprocessed:)` takes.
    var stamp: ModelStamp { get }

    /// The number of components of an embedding.
    var width: Int { get }

    /// Prepares an image for `embed(preprocessed:)`. Called from any thread.
    /// - Parameter name: what errors call the image.
    /// - Throws: `DreamSimError` when the image has not what the metric compares.
    func prepare(_ image: Image, name: String) throws -> Image

    /// Embeds images that `prepare(_:name:)` has prepared already: one embedding an image, in their order, with `stamp` as
    /// its stamp. Called from any thread.
    func embed(preprocessed images: [Image]) -> [Embedding]
}

extension EmbeddingMetric {
    /// How images are prepared.
    public var preprocessing: Preprocessing { stamp.preprocessing }

    /// Brings an image to the square of the preprocessing.
    public func prepare(_ image: Image, name: String) throws -> Image { preprocessing.applied(to: image) }

    /// Embeds one image.
    /// - Throws: as `prepare(_:name:)`.
    public func embed(_ image: Image) throws -> Embedding { try embed([image])[0] }

    /// Embeds images, in their order.
    /// - Throws: as `prepare(_:name:)`.
    public func embed(_ images: [Image]) throws -> [Embedding] { embed(preprocessed: try prepare(images)) }

    /// Prepares images that have no names, in their order.
    private func prepare(_ images: [Image]) throws -> [Image] {
        try images.map { try prepare($0, name: "the image") }
    }

    /// Embeds prepared images, and can be stopped between the networks of a model.
    /// - Throws: what stops it, see `Interruption`.
    package func embedInSteps(preprocessed images: [Image]) throws -> [Embedding] {
        switch self {
        case let model as PerceptualModel: try model.embed(preprocessed: images, Interruption.check)
        case let metric as ForegroundMetric: metric.stamped(try metric.metric.embedInSteps(preprocessed: images))
        default: embed(preprocessed: images)
        }
    }

    /// The distances of images from a reference: 0 for the same, lower is more alike, at most 2.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        let embeddings = try embedInSteps(preprocessed: try prepare([reference] + images))
        return try embeddings.dropFirst().map { try $0.distance(to: embeddings[0]) }
    }

    /// The distance between two images.
    public func distance(_ a: Image, _ b: Image) throws -> Double { try value(a, b) }
}

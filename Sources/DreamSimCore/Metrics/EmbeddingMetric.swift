/// A metric that embeds each image by itself and compares embeddings by their cosine, as DreamSim's models do.
///
/// A type of your own that conforms needs a card, a stamp, a width and `embed(preprocessed:)`; comparisons, evaluations,
/// indexes and the service then embed every image only once, and many together.
public protocol EmbeddingMetric: PerceptualMetric {
    /// What the embeddings depend on. Its `preprocessing` says which images `embed(preprocessed:)` takes.
    var stamp: ModelStamp { get }

    /// The number of components of an embedding.
    var width: Int { get }

    /// Embeds images that `Preprocessing.applied(to:)` has prepared already: one embedding an image, in their order, with
    /// `stamp` as its stamp. Called from any thread.
    func embed(preprocessed images: [Image]) -> [Embedding]
}

extension EmbeddingMetric {
    /// How images are prepared.
    public var preprocessing: Preprocessing { stamp.preprocessing }

    /// Embeds one image.
    public func embed(_ image: Image) -> Embedding { embed([image])[0] }

    /// Embeds images, in their order.
    public func embed(_ images: [Image]) -> [Embedding] {
        embed(preprocessed: images.map(preprocessing.applied))
    }

    /// Embeds prepared images, and can be stopped between the networks of a model.
    /// - Throws: what stops it, see `Interruption`.
    package func embedInSteps(preprocessed images: [Image]) throws -> [Embedding] {
        guard let model = self as? PerceptualModel else { return embed(preprocessed: images) }
        return try model.embed(preprocessed: images, Interruption.check)
    }

    /// The distances of images from a reference: 0 for the same, lower is more alike, at most 2.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        let embeddings = try embedInSteps(preprocessed: ([reference] + images).map(preprocessing.applied))
        return try embeddings.dropFirst().map { try $0.distance(to: embeddings[0]) }
    }

    /// The distance between two images.
    public func distance(_ a: Image, _ b: Image) throws -> Double { try value(a, b) }
}

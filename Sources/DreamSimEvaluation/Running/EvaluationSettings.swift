public import Foundation

/// How an evaluation is done.
public struct EvaluationSettings: Sendable {
    /// Where values and embeddings are kept for later runs; nil to keep none.
    public var cache: URL?
    /// How files become pixels for metrics that do not embed; those that do have settings of their own.
    public var decoding: DecodingOptions
    /// The side of the square to which images are brought for metrics that compare them as they are; nil for as they
    /// are.
    public var resize: Int?
    /// The number of images that pass a model together.
    public var batch: Int
    /// How sure figures are.
    public var bootstrap: Bootstrap
    /// Whether a judgment that must be passed over is an error.
    public var isStrict: Bool
    /// How many pairs of unrelated images tell what a distance means, for models that embed.
    public var unrelatedPairs: Int
    /// As `unrelatedPairs`, for metrics that look at every pair anew.
    public var slowUnrelatedPairs: Int

    /// The defaults: images as they are, upright and over white, and no cache.
    public init(
        cache: URL? = nil, decoding: DecodingOptions = .standard, resize: Int? = nil, batch: Int = 8,
        bootstrap: Bootstrap = Bootstrap(), isStrict: Bool = false, unrelatedPairs: Int = 20_000,
        slowUnrelatedPairs: Int = 100
    ) {
        self.cache = cache
        self.decoding = decoding
        self.resize = resize
        self.batch = batch
        self.bootstrap = bootstrap
        self.isStrict = isStrict
        self.unrelatedPairs = unrelatedPairs
        self.slowUnrelatedPairs = slowUnrelatedPairs
    }

    func cacheFile(_ name: String) -> URL? { cache?.appending(path: name) }
}

/// A metric with what its numbers say.
public struct EvaluatedMetric: Sendable {
    /// The metric.
    public let metric: any PerceptualMetric
    /// What its numbers say.
    package let column: MetricColumn

    /// Takes a metric into an evaluation.
    public init(_ metric: any PerceptualMetric, settings: EvaluationSettings) {
        self.metric = metric
        column = MetricColumn(metric, decoding: settings.decoding, resize: settings.resize)
    }
}

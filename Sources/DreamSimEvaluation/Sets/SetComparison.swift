/// A set of images as embeddings, or as their mean and covariance alone.
public enum ImageSet: Sendable {
    /// Embeddings, for every score.
    case vectors(SetVectors)
    /// Mean and covariance, for the Fréchet distance.
    case statistics(SetStatistics)

    var name: String {
        switch self {
        case .vectors(let vectors): vectors.name
        case .statistics(let statistics): statistics.name
        }
    }

    var vectors: SetVectors? { if case .vectors(let vectors) = self { vectors } else { nil } }

    var identity: (name: String, width: Int, stamp: ModelStamp?) {
        switch self {
        case .vectors(let vectors): (vectors.name, vectors.width, vectors.stamp)
        case .statistics(let statistics): (statistics.name, statistics.width, statistics.stamp)
        }
    }

    func statistics() throws(DreamSimError) -> SetStatistics {
        switch self {
        case .vectors(let vectors): try SetStatistics(vectors)
        case .statistics(let statistics): statistics
        }
    }
}

/// Scores of a set of generated images beside one of real ones, on embeddings.
public struct SetComparison: Sendable, Encodable {
    /// A set that was compared.
    public struct Side: Sendable, Encodable {
        /// What it is called.
        public let name: String
        /// The number of images; nil where only mean and covariance are known, and not of how many.
        public let images: Int?
        /// The images that could not be read, and are left out.
        public let failures: [ComparisonReport.Failure]

        init(_ set: ImageSet) {
            name = set.name
            switch set {
            case .vectors(let vectors): (images, failures) = (vectors.count, vectors.failures)
            case .statistics(let statistics): (images, failures) = (statistics.count, [])
            }
        }
    }

    /// A score.
    public struct Entry: Sendable, Encodable {
        /// Which one.
        public let score: SetScore
        /// Its value.
        public let value: Double
        /// Where it lies with the bootstrap's confidence; nil without a bootstrap, and of mean and covariance alone.
        public let interval: Interval?
        /// Whether higher is better; nil where neither is.
        public let higherIsBetter: Bool?
        /// What it is, in a line.
        public let summary: String

        init(_ score: SetScore, _ value: Double, _ interval: Interval?) {
            (self.score, self.value, self.interval) = (score, value, interval)
            (higherIsBetter, summary) = (score.higherIsBetter, score.summary)
        }
    }

    /// How sets are compared.
    public struct Settings: Sendable, Hashable {
        /// The scores that are wanted, in their order.
        public var scores: [SetScore] = SetScore.standard
        /// How many neighbors a neighborhood reaches to; at least 1.
        public var neighbors = 5
        /// How intervals are drawn; nil for none.
        public var bootstrap: Bootstrap? = Bootstrap()
        /// Whether what each image contributes is wanted.
        public var findsContributions = false
        /// Whether the embeddings may be of different precisions, when one model made both sets.
        public var acrossPrecisions = false

        /// The usual scores, with intervals.
        public init() {}
    }

    /// What made the embeddings: one metric, or none where it is not known.
    public let metrics: [MetricColumn]
    /// The real images.
    public let real: Side
    /// The generated images.
    public let generated: Side
    /// The number of components of an embedding.
    public let width: Int
    /// How many neighbors a neighborhood reaches to.
    public let neighbors: Int
    /// The scores, in the order in which they were asked for.
    public let scores: [Entry]
    /// How intervals were drawn; nil without any.
    public let bootstrap: Bootstrap?
    /// What is to be known of the numbers, such as what the sizes of the sets do to them.
    public let notes: [String]
    /// What each image contributes, the real ones first; nil where it was not asked for.
    public let contributions: [SetContribution]?

    /// Compares two sets.
    /// - Parameters:
    ///   - real: the images that others are to be like.
    ///   - generated: the others.
    ///   - settings: which scores, and how.
    ///   - progress: called with how far the work is. An error that it throws ends it.
    /// - Throws: `DreamSimError`: `.incomparable` for sets of different models or widths; `.empty` for sets with too few images;
    ///   `.badSetting` for no score, or one that mean and covariance do not give; `.badValue` for what has no number.
    /// - Complexity: O(n D²) for the Fréchet distance, O(n² D) for what looks at pairs.
    public init(
        real: ImageSet, generated: ImageSet, settings: Settings = Settings(),
        progress: (EvaluationProgress) throws -> Void = { _ in }
    ) throws {
        try SetStatistics.check(
            real.identity, generated.identity, acrossPrecisions: settings.acrossPrecisions)
        try Self.check(settings, real, generated)
        var work = SetWork(real, generated, settings)
        for score in settings.scores { try work.compute(score, progress) }
        if settings.findsContributions { try work.computeContributions(progress) }
        let intervals = work.intervals()
        metrics = (real.identity.stamp ?? generated.identity.stamp).map { [MetricColumn($0)] } ?? []
        (self.real, self.generated) = (Side(real), Side(generated))
        (width, neighbors, bootstrap) = (real.identity.width, settings.neighbors, settings.bootstrap)
        scores = settings.scores.map { Entry($0, work.values[$0] ?? .nan, intervals[$0]) }
        let precisions = real.identity.stamp.flatMap { stamp in
            generated.identity.stamp.flatMap { stamp.precisionNote(real.name, beside: $0, generated.name) }
        }
        notes = work.notes() + [precisions].compactMap(\.self)
        contributions = settings.findsContributions ? work.contributions() : nil
    }

    // Contributions go to files of their own.
    private enum CodingKeys: String, CodingKey {
        case metrics, real, generated, width, neighbors, scores, bootstrap, notes
    }

    /// The value of a score; nil where it was not asked for.
    public subscript(score: SetScore) -> Double? { scores.first { $0.score == score }?.value }

    private static func check(
        _ settings: Settings, _ real: ImageSet, _ generated: ImageSet
    ) throws(DreamSimError) {
        guard !settings.scores.isEmpty else {
            throw DreamSimError(.badSetting, "scores", "are none; name one, such as \(SetScore.frechet.rawValue)")
        }
        guard settings.neighbors > 0 else {
            throw DreamSimError(.badSetting, "neighbors", "are \(settings.neighbors); there must be at least 1")
        }
        for (side, set) in [real, generated].enumerated() {
            for score in settings.scores {
                let isOfGenerated = score == .diversity || score == .frechetInfinity
                guard let vectors = set.vectors else {
                    if score.needsStatisticsOnly || (isOfGenerated && side == 0) { continue }
                    throw DreamSimError(
                        .badSetting, "score '\(score.rawValue)'",
                        "needs embeddings, and \(set.name) holds mean and covariance alone; leave it out")
                }
                if score == .diversity && side == 0 { continue }
                try vectors.check(
                    atLeast: score.usesNeighbors ? settings.neighbors + 1 : 2,
                    for: "score '\(score.rawValue)'"
                        + (score.usesNeighbors ? " with \(settings.neighbors) neighbors" : ""))
            }
            if settings.findsContributions {
                guard let vectors = set.vectors else {
                    throw DreamSimError(
                        .badSetting, "contributions of images",
                        "need embeddings, and \(set.name) holds mean and covariance alone; leave them out")
                }
                try vectors.check(
                    atLeast: settings.neighbors + 1, for: "contributions with \(settings.neighbors) neighbors")
            }
        }
    }
}

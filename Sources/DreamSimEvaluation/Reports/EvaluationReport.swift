/// How well metrics agree with people on a data set, and with each other.
public struct EvaluationReport: Sendable {
    /// What was judged.
    package struct DataSet: Sendable, Encodable {
        /// The set's name.
        package let name: String
        /// The layout it was read from.
        package let layout: String
        /// Where it lies.
        package let root: ImagePath
        /// What was chosen of it.
        package let selection: String
        /// What people were asked.
        package let task: JudgmentTask
        /// SHA-256 over the judgments, in hexadecimal.
        package let digest: String
        /// The judgments that were chosen.
        package let judgments: Int
        /// The distinct images in them.
        package let images: Int
        /// The rows that the selection left out.
        package let leftOut: Int
        /// What is odd about the set and no error.
        package let notes: [String]
    }

    /// A judgment without a value, and why.
    package struct Skip: Sendable, Hashable, Encodable {
        /// The judgment's id.
        package let id: String
        /// Why.
        package let reason: String
    }

    /// Judgments of the set that a metric was chosen or tuned on.
    package struct Seen: Sendable, Encodable {
        /// How many of the judgments that were chosen of the set.
        package let judgments: Int
        /// How the metric came to know them.
        package let use: SeenJudgments.Use
        /// What they are, for people.
        package let data: String
    }

    /// A metric's score on a part of the set.
    public struct PartScore: Sendable, Encodable {
        /// The part's label.
        public let part: String
        /// The score.
        public let score: Estimate
    }

    /// What was found of one metric.
    public struct MetricResult: Sendable {
        /// What its numbers say.
        public let column: MetricColumn
        /// The score over the whole set; `JudgmentTask.scoreMeaning` says how it is read.
        public let score: Estimate
        /// The scores of its parts.
        public let parts: [PartScore]
        /// Average precision as LPIPS' evaluation computes it, where average precision is the score.
        public let interpolatedPrecision: Double?
        /// Agreement with people by how clear the metric's choice is, from the least clear on.
        package let reliability: [ReliabilityBin]
        /// Its values on images and their variations.
        package let related: DistanceDistribution?
        /// Its values on references of different judgments.
        package let unrelated: DistanceDistribution?
        /// Judgments that it alone, or not every metric, could not take.
        package let failures: [Skip]
        /// Judgments of the set that it was chosen or tuned on; nil when none is known to be one.
        package let seen: Seen?
        /// Values, or embeddings for models that embed, that were computed in this run and not found in the cache.
        public let computed: Int
        /// How long that took, in seconds.
        public let seconds: Double
    }

    /// Two metrics beside each other.
    public struct MetricComparison: Sendable, Encodable {
        /// The first metric's name.
        public let first: String
        /// The second metric's name.
        public let second: String
        /// The first's score minus the second's, on judgments that both have.
        public let difference: Estimate
        /// The share of judgments on which both choose alike; nil where a metric makes no choices.
        public let sameChoice: Double?
        /// Cohen's kappa of the choices; nil where it is not defined.
        public let kappa: Double?
    }

    /// One judgment with what each metric says of it.
    package struct Item: Sendable {
        package let judged: JudgedItem
        /// For each metric the values of the pairs; nil where there are none.
        package let values: [[Double]?]
        /// For each metric why there are none.
        package let reasons: [String?]
        package let scores: [ItemScore?]
    }

    /// What was judged.
    package let dataSet: DataSet
    /// The draws of which intervals of average precisions were made; those of means need none.
    public let bootstrap: Bootstrap
    /// What was found of each metric, in the order in which they were given.
    public let metrics: [MetricResult]
    /// Every two metrics beside each other.
    public let comparisons: [MetricComparison]
    /// Judgments that no metric could take.
    package let skipped: [Skip]
    package let items: [Item]
}

extension EvaluationReport.MetricResult: Encodable {
    private enum CodingKeys: String, CodingKey {
        case score, parts, interpolatedPrecision, reliability, related, unrelated, failures, seen, computed, seconds
    }

    /// Writes the members of the column, then what was found.
    public func encode(to encoder: any Encoder) throws {
        try column.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(score, forKey: .score)
        try container.encode(parts, forKey: .parts)
        try container.encodeIfPresent(interpolatedPrecision, forKey: .interpolatedPrecision)
        try container.encode(reliability, forKey: .reliability)
        try container.encodeIfPresent(related, forKey: .related)
        try container.encodeIfPresent(unrelated, forKey: .unrelated)
        try container.encode(failures, forKey: .failures)
        try container.encodeIfPresent(seen, forKey: .seen)
        try container.encode(computed, forKey: .computed)
        try container.encode(seconds, forKey: .seconds)
    }
}

extension EvaluationReport {
    /// How intervals were made, for people.
    package var intervals: String {
        dataSet.task == .sameOrNot
            ? bootstrap.description
            : "Wilson's for scores, Bonett and Price's for differences, which are paired"
    }
}

extension EvaluationReport: Encodable {
    enum CodingKeys: String, CodingKey {
        case dataSet, bootstrap, intervals, metrics, comparisons, skipped, score, items
    }

    /// Writes everything but the judgments themselves; `EvaluationFile` writes those too.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try encode(into: &container)
    }

    func encode(into container: inout KeyedEncodingContainer<CodingKeys>) throws {
        try container.encode(dataSet, forKey: .dataSet)
        try container.encode(dataSet.task.scoreMeaning, forKey: .score)
        try container.encode(bootstrap, forKey: .bootstrap)
        try container.encode(intervals, forKey: .intervals)
        try container.encode(metrics, forKey: .metrics)
        try container.encode(comparisons, forKey: .comparisons)
        try container.encode(skipped, forKey: .skipped)
    }
}

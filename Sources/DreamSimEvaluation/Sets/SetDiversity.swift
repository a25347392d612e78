/// How much the images of one set differ from each other.
public struct SetDiversity: Sendable, Encodable {
    /// Two images of the set.
    public struct Pair: Sendable, Encodable {
        /// Their rows, from 0; the first is the lower one.
        public let rowA, rowB: Int
        /// Their files, where they are known.
        public let imageA, imageB: ImagePath?
        /// Their cosine distance.
        public let distance: Double
    }

    /// What made the embeddings: one metric, or none where it is not known.
    public let metrics: [MetricColumn]
    /// The set.
    public let set: SetComparison.Side
    /// The number of components of an embedding.
    public let width: Int
    /// The mean cosine distance over all pairs.
    public let diversity: SetComparison.Entry
    /// Distances below which a share of all pairs lies, by the share in percent: 0, 5, 25, 50, 75, 95 and 100. Of more than four
    /// million pairs to within 2e-6, but for the ends.
    public let distribution: [String: Double]
    /// The most alike pairs, the nearest first.
    public let nearest: [Pair]
    /// The least alike pairs, the farthest first.
    public let farthest: [Pair]
    /// How the interval was drawn; nil without one.
    public let bootstrap: Bootstrap?
    /// What is to be known of the numbers.
    public let notes: [String]

    /// Looks at all pairs of a set.
    /// - Parameters:
    ///   - set: at least two images.
    ///   - pairs: how many of the nearest and of the farthest pairs are wanted.
    ///   - bootstrap: how the interval is drawn; nil for none.
    ///   - progress: called with how far the work is. An error that it throws ends it.
    /// - Throws: `DreamSimError` with `.empty` for fewer than two images.
    /// - Complexity: O(n² D) in double precision, on all threads.
    public init(
        _ set: SetVectors, pairs: Int = 10, bootstrap: Bootstrap? = Bootstrap(),
        progress: (EvaluationProgress) throws -> Void = { _ in }
    ) throws {
        try set.check(atLeast: 2, for: "score '\(SetScore.diversity.rawValue)'")
        let mean = Diversity(set)
        let interval = bootstrap.flatMap { bootstrap in
            bootstrap.interval(
                bootstrap.deviations([[mean.influences]], sets: [set.count])[0].map { max(0, mean.value + $0) })
        }
        let scan = try PairDistances(set, extremes: max(0, pairs)) {
            try progress(EvaluationProgress("pairs", unit: "images", done: $0, total: set.count))
        }
        func pair(_ found: PairDistances.Found) -> Pair {
            let images = set.images
            return Pair(
                rowA: found.a, rowB: found.b, imageA: images.isEmpty ? nil : images[found.a],
                imageB: images.isEmpty ? nil : images[found.b], distance: found.distance)
        }
        metrics = set.stamp.map { [MetricColumn($0)] } ?? []
        self.set = SetComparison.Side(.vectors(set))
        width = set.width
        diversity = SetComparison.Entry(.diversity, mean.value, interval)
        distribution = scan.quantiles
        (nearest, farthest) = (scan.nearest.map(pair), scan.farthest.map(pair))
        self.bootstrap = bootstrap
        var notes: [String] = []
        if !set.failures.isEmpty {
            notes.append("\(set.name): \(set.failures.count) images cannot be read, and are left out")
        }
        if set.count < 100 {
            notes.append("\(set.count) images: the mean does not depend on their number, but its interval is wide")
        }
        self.notes = notes
    }
}

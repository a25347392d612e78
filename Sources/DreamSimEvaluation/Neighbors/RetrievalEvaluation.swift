/// How well a model's embeddings find the images that belong to a query.
public struct RetrievalEvaluation: Sendable, Encodable {
    /// A query and what belongs to it.
    public struct Query: Sendable {
        /// The row of the query.
        public let row: Int
        /// The rows of the gallery that belong to it.
        public let relevant: Set<Int>
        /// The row of the gallery that is the query itself, which is no candidate; nil where it is not among them.
        public let own: Int?

        /// Says what belongs to a query.
        public init(row: Int, relevant: Set<Int>, own: Int?) {
            (self.row, self.relevant, self.own) = (row, relevant, own)
        }
    }

    /// What became of a query.
    public struct QueryResult: Sendable, Encodable {
        /// The query; nil where its file is not known.
        public let image: ImagePath?
        /// How many images belong to it.
        public let relevant: Int
        /// The place of the first of them among all candidates, from 1.
        public let firstRank: Int
        /// The mean over those images of the precision at their places.
        public let averagePrecision: Double
    }

    /// What made the embeddings: one metric, or none where it is not known.
    public let metrics: [MetricColumn]
    /// The number of images that are searched.
    public let gallery: Int
    /// For each k the share of queries with at least one relevant image among the k nearest.
    public let recallAt: [String: Estimate]
    /// The mean over queries of the average precision (mAP), over all ranks.
    public let meanAveragePrecision: Estimate
    /// Each query.
    public let queries: [QueryResult]
    /// How intervals were drawn.
    public let bootstrap: Bootstrap
    /// What is to be known of the numbers.
    public let notes: [String]

    /// Searches for each query.
    /// - Parameters:
    ///   - wanted: the queries; those to which nothing belongs are left out, and a note says how many.
    ///   - vectors: the embeddings of the queries.
    ///   - gallery: the images that are searched, by cosine similarity; of equal ones the lower row comes first.
    ///   - cutoffs: the numbers k of the recalls.
    ///   - notes: further notes for the report.
    ///   - progress: called with how far the work is. An error that it throws ends it.
    /// - Throws: `DreamSimError`: `.empty` where nothing belongs to any query; `.incomparable` for embeddings of different models;
    ///   `.badSetting` for a k below 1.
    public init(
        _ wanted: [Query], vectors: SetVectors, gallery: SetVectors, cutoffs: [Int] = [1, 5, 10],
        bootstrap: Bootstrap = Bootstrap(), notes given: [String] = [],
        progress: (EvaluationProgress) throws -> Void = { _ in }
    ) throws {
        guard !cutoffs.isEmpty, cutoffs.allSatisfy({ $0 > 0 }) else {
            throw DreamSimError(.badSetting, "recall at \(cutoffs)", "has no meaning; each k must be at least 1")
        }
        let used = wanted.filter { !$0.relevant.isEmpty }
        guard !used.isEmpty else {
            throw DreamSimError(
                .empty, vectors.name, "has \(wanted.count) queries, and no image belongs to any of them")
        }
        let asked = try vectors.rows(used.map(\.row))
        let ranks = try SimilarityScan.map(
            asked, gallery: gallery,
            progress: { try progress(EvaluationProgress("retrieval", unit: "queries", done: $0, total: used.count)) },
            { place, similarities in Self.ranks(of: used[place], similarities) })
        let results = zip(used, ranks).map { query, ranks in
            let precisions = ranks.enumerated().map { Double($0.offset + 1) / Double($0.element) }
            return QueryResult(
                image: vectors.images.isEmpty ? nil : vectors.images[query.row], relevant: ranks.count,
                firstRank: ranks[0], averagePrecision: precisions.reduce(0, +) / Double(ranks.count))
        }
        let columns =
            cutoffs.map { k in results.map { $0.firstRank <= k ? 1.0 : 0 } } + [results.map(\.averagePrecision)]
        let found = SimilarityScan.estimate(columns, bootstrap)
        queries = results
        metrics = vectors.stamp.map { [MetricColumn($0)] } ?? []
        self.gallery = gallery.count
        recallAt = Dictionary(zip(cutoffs.map { "\($0)" }, found)) { first, _ in first }
        meanAveragePrecision = found[found.count - 1]
        self.bootstrap = bootstrap
        var notes = given
        if used.count < wanted.count {
            notes.append("\(wanted.count - used.count) queries are left out, because no image belongs to them")
        }
        for set in [vectors, gallery] where !set.failures.isEmpty {
            let text = "\(set.name): \(set.failures.count) images cannot be read, and are left out"
            if !notes.contains(text) { notes.append(text) }
        }
        self.notes = notes
    }

    /// The places of the relevant images among all candidates, from 1, in order.
    private static func ranks(of query: Query, _ similarities: ArraySlice<Double>) -> [Int] {
        let start = similarities.startIndex
        let order = (0..<similarities.count).filter { $0 != query.own }.sorted { a, b in
            let (x, y) = (similarities[start + a], similarities[start + b])
            return x != y ? x > y : a < b
        }
        return order.enumerated().filter { query.relevant.contains($0.element) }.map { $0.offset + 1 }
    }
}

extension RetrievalEvaluation {
    /// Queries of classes: to each image belong the others of its class.
    public static func queries(labels: [Int]) -> [Query] {
        let members = Dictionary(grouping: labels.indices) { labels[$0] }
        return labels.indices.map { row in
            Query(row: row, relevant: Set(members[labels[row]] ?? []).subtracting([row]), own: row)
        }
    }
}

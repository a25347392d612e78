/// What is to be compared with what.
struct EvaluationPlan {
    let images: ImageTable
    /// For each judgment its pairs.
    let pairs: [[IndexPair]]
    /// The number of distinct images in the judgments.
    let judgedImages: Int
    private let comparisons: [Comparison]
    /// References of different judgments, in random order.
    let unrelatedPairs: [IndexPair]

    init(_ set: JudgedSet, settings: EvaluationSettings) {
        var images = ImageTable()
        var references: [Int] = []
        var seen: Set<Int> = []
        var comparisons: [Comparison] = []
        pairs = set.items.map { item in
            let places = item.images.map { images.index(of: $0) }
            if images.keys[places[0]] != nil, seen.insert(places[0]).inserted { references.append(places[0]) }
            // A judgment with a missing image is passed over as a whole.
            if places.allSatisfy({ images.keys[$0] != nil }) {
                let firsts = set.task.pairs.map(\.0)
                for first in firsts.indices.filter({ $0 == 0 || firsts[$0] != firsts[$0 - 1] }).map({ firsts[$0] }) {
                    comparisons.append(
                        Comparison(
                            reference: places[first],
                            others: set.task.pairs.filter { $0.0 == first }.map { places[$0.1] }))
                }
            }
            return set.task.pairs.map { IndexPair(a: places[$0.0], b: places[$0.1]) }
        }
        self.images = images
        judgedImages = images.paths.count
        self.comparisons = comparisons
        unrelatedPairs = Self.unrelated(references, limit: settings.unrelatedPairs, seed: settings.bootstrap.seed)
    }

    /// Pairs of different references, each at most once: all, or as many as are wanted, at random.
    private static func unrelated(_ references: [Int], limit: Int, seed: UInt64) -> [IndexPair] {
        guard references.count > 1, limit > 0 else { return [] }
        var random = SeededGenerator(state: seed)
        var pairs: [IndexPair] = []
        let all = references.count * (references.count - 1) / 2
        if all <= 4 * limit {
            for i in references.indices {
                for j in (i + 1)..<max(i + 1, references.count) {
                    pairs.append(IndexPair(a: references[i], b: references[j]))
                }
            }
            for i in pairs.indices.dropLast() { pairs.swapAt(i, i + random.index(below: pairs.count - i)) }
            return Array(pairs.prefix(limit))
        }
        var seen: Set<IndexPair> = []
        while pairs.count < limit {
            let (i, j) = (random.index(below: references.count), random.index(below: references.count))
            let pair = IndexPair(a: references[min(i, j)], b: references[max(i, j)])
            if i != j, seen.insert(pair).inserted { pairs.append(pair) }
        }
        return pairs
    }

    /// Judgments with a missing image.
    func missingFiles(_ set: JudgedSet) -> [EvaluationReport.Skip] {
        zip(set.items, pairs).compactMap { item, pairs in
            let missing = pairs.flatMap { [$0.a, $0.b] }.first { images.keys[$0] == nil }
            return missing.map {
                EvaluationReport.Skip(id: item.id, reason: "\(images.paths[$0]): there is no such file")
            }
        }
    }

    /// The pairs of an image and its variations: with the reference, or of the two that people did not call odd.
    func related(_ set: JudgedSet) -> [IndexPair] {
        zip(set.items, pairs).flatMap { item, pairs in
            switch item.judgment {
            case .rightShare: pairs
            case .thirdIsOdd: [pairs[0]]
            case .sameShare(let share): share > 0.5 ? pairs : []
            }
        }
    }

    /// Measures with every metric: those that embed one after another, the others all on the same decoded images.
    func measure(
        _ metrics: [EvaluatedMetric], settings: EvaluationSettings, progress: (EvaluationProgress) throws -> Void
    ) throws -> [Measurements] {
        try withoutActuallyEscaping(progress) { progress in
            func measurer(_ unrelated: some Sequence<IndexPair>) -> Measurer {
                // Pairs with the same reference together, so that what depends on it alone is computed once.
                let groups = Dictionary(grouping: unrelated, by: \.a).sorted { $0.key < $1.key }
                return Measurer(
                    images: images,
                    comparisons: comparisons + groups.map { Comparison(reference: $0.key, others: $0.value.map(\.b)) },
                    settings: settings, progress: progress)
            }
            var results = [Measurements](repeating: Measurements(), count: metrics.count)
            var others: [Int] = []
            for (index, metric) in metrics.enumerated() {
                if let model = metric.metric as? any EmbeddingMetric {
                    results[index] = try measurer(unrelatedPairs).measure(model, metric.column.identity)
                } else {
                    others.append(index)
                }
            }
            let slow = measurer(unrelatedPairs.prefix(settings.slowUnrelatedPairs))
            for (index, result) in zip(others, try slow.measure(pairwise: others.map { metrics[$0] })) {
                results[index] = result
            }
            return results
        }
    }
}

extension EvaluationReport {
    /// Draws conclusions from what was measured.
    init(
        dataSet: DataSet, metrics: [EvaluatedMetric], items: [Item], parts: [String], skipped: [Skip],
        measurements: [Measurements], unrelated: [IndexPair], related: [IndexPair], bootstrap: Bootstrap
    ) {
        let whole = Scores(items, metrics, bootstrap, comparing: true)
        let byPart = parts.map { part in
            Scores(items.filter { $0.judged.labels.contains(part) }, metrics, bootstrap, comparing: false)
        }
        self.dataSet = dataSet
        self.bootstrap = bootstrap
        self.skipped = skipped
        self.items = items
        self.metrics = metrics.indices.map { index in
            let judgments = items.compactMap { item in
                item.scores[index].flatMap { made in made.score.map { (margin: made.margin, score: $0) } }
            }
            func distribution(_ pairs: [IndexPair]) -> DistanceDistribution? {
                DistanceDistribution(pairs.compactMap { measurements[index].values[$0] })
            }
            return MetricResult(
                column: metrics[index].column, score: whole.estimates[index],
                parts: zip(parts, byPart).map { PartScore(part: $0, score: $1.estimates[index]) },
                interpolatedPrecision: whole.interpolated[index],
                reliability: ReliabilityBin.bins(judgments, number: 5), related: distribution(related),
                unrelated: distribution(unrelated),
                failures: items.compactMap { item in
                    item.reasons[index].map { Skip(id: item.judged.id, reason: $0) }
                },
                seen: Seen(metrics[index].metric, items.map(\.judged)), computed: measurements[index].computed,
                seconds: measurements[index].seconds)
        }
        comparisons = whole.differences.map { difference in
            func choices(_ metric: Int) -> [Int?] {
                items.map { item in item.scores[metric].map { $0.choice ?? -1 } }
            }
            let agreement =
                dataSet.task == .sameOrNot
                ? nil : ChoiceAgreement(choices(difference.first), choices(difference.second))
            return MetricComparison(
                first: metrics[difference.first].column.name, second: metrics[difference.second].column.name,
                difference: difference.estimate, sameChoice: agreement?.same, kappa: agreement?.kappa)
        }
    }

    /// The scores of all metrics on some judgments.
    private struct Scores {
        let estimates: [Estimate]
        let differences: [MeanScores.Difference]
        let interpolated: [Double?]

        init(_ items: [Item], _ metrics: [EvaluatedMetric], _ bootstrap: Bootstrap, comparing: Bool) {
            let isRanked = items.contains { if case .sameShare = $0.judged.judgment { true } else { false } }
            if isRanked {
                let precisions = AveragePrecisions(
                    metrics.indices.map { index in items.map { $0.values[index]?.first } },
                    shares: items.map { $0.judged.judgment.share ?? 0 }, weights: items.map(\.judged.weight),
                    directions: metrics.map(\.column.direction), bootstrap: bootstrap, comparing: comparing)
                (estimates, differences, interpolated) =
                    (precisions.estimates, precisions.differences, precisions.interpolated)
            } else {
                let means = MeanScores(
                    metrics.indices.map { index in items.map { $0.scores[index]?.score } },
                    weights: items.map(\.judged.weight), comparing: comparing)
                (estimates, differences) = (means.means, means.differences)
                interpolated = metrics.map { _ in nil }
            }
        }
    }
}

/// How well metrics tell pairs that are the same from others, and where to draw the line.
public struct CalibrationReport: Sendable, Encodable {
    /// The labeled pairs.
    package let dataSet: EvaluationReport.DataSet
    /// How the threshold was chosen.
    public let criterion: String
    /// How intervals were made.
    public let bootstrap: Bootstrap
    /// The pairs that are the same, weighted.
    public let positives: Double
    /// The pairs that are not, weighted.
    public let negatives: Double
    /// What was found of each metric.
    package let metrics: [MetricResult]
    /// Pairs that no metric could take.
    package let skipped: [EvaluationReport.Skip]

    /// Finds the threshold of every metric of an evaluation of labeled pairs.
    /// - Throws: `DreamSimError`: `.empty` when pairs of one sort are missing, `.unreachable` when a wanted precision is
    ///   not reached, `.badValue` when the evaluation is not of pairs.
    public init(_ report: EvaluationReport, criterion: ThresholdCriterion) throws(DreamSimError) {
        guard report.dataSet.task == .sameOrNot else {
            throw DreamSimError(.badValue, "\(report.dataSet.root)", "holds no labeled pairs")
        }
        dataSet = report.dataSet
        bootstrap = report.bootstrap
        skipped = report.skipped
        self.criterion = criterion.name
        let shares = report.items.map { $0.judged.judgment.share ?? 0 }
        let weights = report.items.map(\.judged.weight)
        positives = zip(shares, weights).reduce(0) { $0 + $1.0 * $1.1 }
        negatives = zip(shares, weights).reduce(0) { $0 + (1 - $1.0) * $1.1 }
        guard positives > 0, negatives > 0 else {
            throw DreamSimError(
                .empty, "\(report.dataSet.root)",
                "\(positives > 0 ? "no pair that is not the same" : "no pair that is the same") can be judged; both sorts "
                    + "are needed to draw a line")
        }
        var metrics: [MetricResult] = []
        for (index, metric) in report.metrics.enumerated() {
            let present = report.items.indices.filter { report.items[$0].values[index] != nil }
            let ranking = RankedPairs(
                present.compactMap { report.items[$0].values[index]?.first }, shares: present.map { shares[$0] },
                weights: present.map { weights[$0] }, direction: metric.column.direction)
            metrics.append(
                try MetricResult(
                    metric, ranking, criterion, report.bootstrap, origin: "\(report.dataSet.root)"))
        }
        self.metrics = metrics
    }

    /// The thresholds as profiles keep them.
    package var thresholds: [(identity: MetricIdentity, threshold: MetricProfile.Threshold)] {
        metrics.map { metric in
            (
                metric.column.identity,
                MetricProfile.Threshold(
                    value: metric.threshold.value, low: metric.thresholdInterval?.low,
                    high: metric.thresholdInterval?.high, criterion: criterion, precision: metric.threshold.precision,
                    recall: metric.threshold.recall, dataSet: dataSet.name, count: metric.area.count)
            )
        }
    }

    /// A point of the curves.
    package struct CurvePoint: Sendable, Encodable {
        /// The value of the last pair that is classified as the same.
        package let value: Double
        /// The share of the same that counts as it; also called recall.
        package let truePositiveRate: Double
        /// The false positive rate.
        package let falsePositiveRate: Double
        /// The precision: the fraction of same pairs among those that are at least as alike.
        package let precision: Double
    }

    /// What was found of one metric.
    package struct MetricResult: Sendable {
        /// What its numbers say.
        package let column: MetricColumn
        /// The area under the ROC curve: the probability that a same pair is found more alike than a different one.
        package let area: Estimate
        /// Average precision, as scikit-learn defines it.
        package let averagePrecision: Estimate
        /// The threshold.
        package let threshold: ThresholdCut
        /// Where the threshold lies with the stated confidence, over draws in which there was one.
        package let thresholdInterval: Interval?
        /// The share of the draws in which no threshold met the criterion.
        package let drawsWithoutThreshold: Double
        /// The curve: true over false positive rate, and precision over recall.
        package let curve: [CurvePoint]
    }
}

extension CalibrationReport.MetricResult: Encodable {
    private enum CodingKeys: String, CodingKey {
        case area, averagePrecision, threshold, thresholdInterval, drawsWithoutThreshold, curve
    }

    /// Writes the members of the column, then what was found.
    package func encode(to encoder: any Encoder) throws {
        try column.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(area, forKey: .area)
        try container.encode(averagePrecision, forKey: .averagePrecision)
        try container.encode(threshold, forKey: .threshold)
        try container.encodeIfPresent(thresholdInterval, forKey: .thresholdInterval)
        try container.encode(drawsWithoutThreshold, forKey: .drawsWithoutThreshold)
        try container.encode(curve, forKey: .curve)
    }

    fileprivate init(
        _ metric: EvaluationReport.MetricResult, _ ranking: RankedPairs, _ criterion: ThresholdCriterion,
        _ bootstrap: Bootstrap, origin: String
    ) throws(DreamSimError) {
        let points = ranking.points(ranking.ones)
        guard let cut = RankedPairs.cut(points, criterion) else {
            let best = points.filter { $0.truePositives > 0 }.map(\.precision).max()
            throw DreamSimError(
                .unreachable, origin,
                "\(metric.column.name) has no threshold with a \(criterion.name)"
                    + (best.map { "; the best precision it reaches is \($0)" } ?? ", since a sort of pairs is missing"))
        }
        let distributions = bootstrap.distributions(count: ranking.count) { draws in
            let points = ranking.points(draws)
            return [RankedPairs.area(points), RankedPairs.cut(points, criterion)?.value]
        }
        let (areas, values) = (distributions[0], distributions[1])
        column = metric.column
        let last = points[points.count - 1]
        let (value, rarer) = (RankedPairs.area(points), Int(min(last.truePositives, last.falsePositives)))
        area = Estimate(
            value: value, interval: bootstrap.interval(areas, of: value, rarer: rarer), count: ranking.count)
        averagePrecision = metric.score
        threshold = cut
        thresholdInterval = bootstrap.interval(values)
        drawsWithoutThreshold = 1 - Double(values.count) / Double(bootstrap.resamples)
        curve = points.map { point in
            CalibrationReport.CurvePoint(
                value: point.value, truePositiveRate: point.truePositives / last.truePositives,
                falsePositiveRate: point.falsePositives / last.falsePositives, precision: point.precision)
        }
    }
}

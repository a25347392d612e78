import DreamSim

extension TextTable {
    /// What the values of many pairs come to, a row a metric.
    init(_ summary: PairSummary) {
        let isLimited = summary.pass != nil
        self.init(
            [("metric", .left), ("count", .right), ("mean", .right), ("median", .right), ("worst", .right)]
                + (isLimited ? [("failed", .right)] : []) + [("worst pair", .left)])
        let entries = summary.entries
        for metric in summary.metrics {
            guard let entry = entries[metric.name] else { continue }
            add(
                [MetricText.title(metric), "\(entry.count)"]
                    + [entry.mean, entry.median, entry.worst?.value].map { MetricText.figure($0) }
                    + (isLimited ? [entry.failed.map(String.init) ?? "-"] : [])
                    + [entry.worst.map { "\($0.imageA)  \($0.imageB)" } ?? "-"])
        }
    }
}

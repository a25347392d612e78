extension EvaluationReport.Seen {
    /// Counts the judgments that a metric was chosen or tuned on; nil when it is not known to have been on any.
    init?(_ metric: any PerceptualMetric, _ items: [JudgedItem]) {
        guard let seen = metric.model?.description.seen else { return nil }
        let count = items.count { seen.contains($0) }
        guard count > 0 else { return nil }
        (judgments, use, data) = (count, seen.use, seen.name)
    }
}

extension EvaluationReport {
    /// What keeps scores from being comparable, a sentence a metric that was chosen or tuned on some of these judgments.
    /// - Parameter name: how a metric's name is written.
    package func caveats(name: (String) -> String = { $0 }) -> [String] {
        metrics.compactMap { metric in
            metric.seen.map { seen in
                "\(name(metric.column.name)) was \(seen.use.rawValue) on \(seen.judgments) of these \(items.count) judgments "
                    + "(\(seen.data)), so that its score says little about other images."
            }
        }
    }
}

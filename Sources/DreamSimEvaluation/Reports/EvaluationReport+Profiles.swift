extension EvaluationReport {
    /// What the set says of each metric's distances; metrics without unrelated pairs say nothing.
    package var profiles: [(identity: MetricIdentity, dataSet: MetricProfile.DataSet)] {
        metrics.compactMap { metric in
            metric.unrelated.map {
                (
                    metric.column.identity,
                    MetricProfile.DataSet(
                        name: dataSet.name, digest: dataSet.digest, unrelated: $0, related: metric.related)
                )
            }
        }
    }

    /// Two metrics beside each other, and -1 when they stand the other way round.
    public func comparison(_ first: String, _ second: String) -> (comparison: MetricComparison, sign: Double)? {
        for comparison in comparisons {
            if comparison.first == first, comparison.second == second { return (comparison, 1) }
            if comparison.first == second, comparison.second == first { return (comparison, -1) }
        }
        return nil
    }
}

/// What the values of many pairs come to, metric by metric. It keeps every value, eight bytes each, for the median.
package struct PairSummary: Sendable {
    /// What a metric's values come to.
    package struct Entry: Sendable, Encodable {
        /// The pairs that have a value.
        package let count: Int
        /// Their mean; nil when there is none. Infinite when one of them is, NaN when one of them is.
        package let mean: Double?
        /// Their median, of an even number the mean of the two in the middle; NaN comes last.
        package let median: Double?
        /// The least alike pair; NaN is less alike than any value.
        package let worst: Worst?
        /// The pairs that do not pass the metric's limit, those without a value among them; nil when there is no limit.
        package let failed: Int?
    }

    /// The least alike pair.
    package struct Worst: Sendable, Encodable {
        /// Its value.
        package let value: Double
        /// Its place among the pairs, from 0.
        package let index: Int
        /// The first image.
        package let imageA: ImagePath
        /// The second image.
        package let imageB: ImagePath
    }

    private struct Column {
        var values: [Double] = []
        var worst: Worst?
        var failed = 0
    }

    /// The metrics.
    package let metrics: [MetricColumn]
    /// What pairs must keep to.
    package let limits: MetricLimits
    /// The pairs that were added.
    package private(set) var count = 0
    /// Those of them that do not pass.
    package private(set) var failed = 0
    private var columns: [Column]

    /// Summarizes no pairs yet.
    package init(_ metrics: [MetricColumn], limits: MetricLimits = MetricLimits()) {
        (self.metrics, self.limits) = (metrics, limits)
        columns = metrics.map { _ in Column() }
    }

    /// Whether every pair passes; nil when nothing is limited.
    package var pass: Bool? { limits.isEmpty ? nil : failed == 0 }

    /// Takes in a pair.
    /// - Parameters:
    ///   - pair: the images; nil only where there are no values.
    ///   - values: by the metrics' names; none for a pair that could not be compared.
    package mutating func add(_ pair: ImagePair?, _ values: [String: Double]) {
        for (index, metric) in metrics.enumerated() {
            let value = values[metric.name]
            if limits.passes(value, of: metric.name) == false { columns[index].failed += 1 }
            guard let value, let pair else { continue }
            columns[index].values.append(value)
            if columns[index].worst.map({ metric.direction.precedes($0.value, value) }) ?? true {
                columns[index].worst = Worst(value: value, index: count, imageA: pair.a, imageB: pair.b)
            }
        }
        if limits.passes(values) == false { failed += 1 }
        count += 1
    }

    /// What each metric's values come to, by the metrics' names.
    package var entries: [String: Entry] {
        Dictionary(uniqueKeysWithValues: zip(metrics, columns).map { ($0.name, entry($0, $1)) })
    }

    private func entry(_ metric: MetricColumn, _ column: Column) -> Entry {
        let sorted = column.values.sorted { metric.direction.precedes($0, $1) }
        let middle = sorted.isEmpty ? nil : (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
        return Entry(
            count: sorted.count, mean: sorted.isEmpty ? nil : sorted.reduce(0, +) / Double(sorted.count),
            median: middle.map { ($0 + $1) / 2 }, worst: column.worst,
            failed: limits.passes(nil, of: metric.name) == nil ? nil : column.failed)
    }
}

extension Direction {
    /// Whether one value comes before another from the most alike to the least; NaN comes last.
    func precedes(_ a: Double, _ b: Double) -> Bool { isMoreAlike(a, than: b) || b.isNaN && !a.isNaN }
}

/// Weighted means of the scores of several metrics on the same items, with intervals of the means and of their
/// differences, which are paired.
package struct MeanScores {
    /// For each metric its mean.
    package let means: [Estimate]
    /// For each two metrics the first's mean minus the second's, on the items that both have.
    package let differences: [Difference]

    package struct Difference {
        package let first: Int
        package let second: Int
        package let estimate: Estimate
    }

    /// - Parameters:
    ///   - scores: for each metric the items' scores; nil where there is none.
    ///   - weights: how much each item counts.
    package init(_ scores: [[Double?]], weights: [Double], comparing: Bool = true) {
        means = scores.map { Column($0, weights).estimate { ShareInterval.wilson($0.mean, count: $0.count) } }
        let pairs =
            comparing
            ? scores.indices.flatMap { i in scores.indices.filter { $0 > i }.map { (i, $0) } } : []
        differences = pairs.map { first, second in
            let contrasts = zip(scores[first], scores[second]).map { a, b in a.flatMap { a in b.map { a - $0 } } }
            return Difference(
                first: first, second: second,
                estimate: Column(contrasts, weights).estimate {
                    ShareInterval.difference($0.mean, meanSquare: $0.meanSquare, count: $0.count)
                })
        }
    }

    /// Values with their weights.
    private struct Column {
        let mean, meanSquare: Double
        /// The number of values that equal weights would have.
        let count: Double
        private let present: Int

        init(_ values: [Double?], _ weights: [Double]) {
            let found = zip(values, weights).compactMap { value, weight in value.map { (value: $0, weight: weight) } }
            let total = found.reduce(0) { $0 + $1.weight }
            mean = found.reduce(0) { $0 + $1.weight * $1.value } / total
            meanSquare = found.reduce(0) { $0 + $1.weight * $1.value * $1.value } / total
            count = total * total / found.reduce(0) { $0 + $1.weight * $1.weight }
            present = found.count
        }

        func estimate(_ interval: (Column) -> Interval) -> Estimate {
            mean.isNaN
                ? Estimate(value: nil, interval: nil, count: present)
                : Estimate(value: mean, interval: interval(self), count: present)
        }
    }
}

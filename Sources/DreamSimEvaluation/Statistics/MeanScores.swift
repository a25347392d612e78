/// Weighted means of the scores of several metrics on the same items, with intervals of the means and of their
/// differences. The draws are the same for all metrics, so that differences are paired.
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
    package init(_ scores: [[Double?]], weights: [Double], bootstrap: Bootstrap, comparing: Bool = true) {
        let count = weights.count
        let pairs =
            comparing
            ? scores.indices.flatMap { i in scores.indices.filter { $0 > i }.map { (i, $0) } } : []
        // Presence as a factor, so that the inner loops have no branches.
        let columns = scores.map { Column($0, weights) }
        let contrasts = pairs.map { pair in
            Column(zip(scores[pair.0], scores[pair.1]).map { a, b in a.flatMap { a in b.map { a - $0 } } }, weights)
        }
        let all = columns + contrasts
        let distributions = bootstrap.distributions(count: count) { draws in all.map { $0.mean(draws) } }
        let ones = [Double](repeating: 1, count: count)
        let estimates = all.enumerated().map { index, column in
            Estimate(
                value: column.mean(ones),
                interval: distributions.isEmpty ? nil : bootstrap.interval(distributions[index]),
                count: column.count)
        }
        means = Array(estimates[..<scores.count])
        differences = zip(pairs, estimates[scores.count...]).map {
            Difference(first: $0.0, second: $0.1, estimate: $1)
        }
    }

    private struct Column {
        let weighted: [Double]
        let weights: [Double]
        let count: Int

        init(_ values: [Double?], _ weights: [Double]) {
            weighted = zip(values, weights).map { ($0 ?? 0) * $1 }
            self.weights = zip(values, weights).map { $0 == nil ? 0 : $1 }
            count = values.count { $0 != nil }
        }

        func mean(_ draws: [Double]) -> Double? {
            var (sum, total) = (0.0, 0.0)
            for i in draws.indices {
                sum += draws[i] * weighted[i]
                total += draws[i] * weights[i]
            }
            return total > 0 ? sum / total : nil
        }
    }
}

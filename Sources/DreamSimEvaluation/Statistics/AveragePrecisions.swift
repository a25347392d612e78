/// Average precisions of several metrics on the same pairs, with intervals of them and of their differences. The draws
/// are the same for all metrics.
package struct AveragePrecisions {
    package let estimates: [Estimate]
    package let differences: [MeanScores.Difference]
    /// The same figures as LPIPS' evaluation computes them.
    package let interpolated: [Double?]

    /// - Parameters:
    ///   - values: for each metric the pairs' values; nil where there is none.
    ///   - shares: how much each pair is the same.
    ///   - weights: how much each pair counts.
    package init(
        _ values: [[Double?]], shares: [Double], weights: [Double], directions: [Direction], bootstrap: Bootstrap,
        comparing: Bool
    ) {
        let rankings = zip(values, directions).map { values, direction in
            // A pair without a value counts nothing.
            RankedPairs(
                values.map { $0 ?? 0 }, shares: shares, weights: zip(values, weights).map { $0 == nil ? 0 : $1 },
                direction: direction)
        }
        let pairs =
            comparing ? values.indices.flatMap { i in values.indices.filter { $0 > i }.map { (i, $0) } } : []
        let contrasts = pairs.map { pair -> (RankedPairs, RankedPairs) in
            let common = zip(zip(values[pair.0], values[pair.1]), weights).map { both, weight in
                both.0 == nil || both.1 == nil ? 0 : weight
            }
            func ranking(_ index: Int) -> RankedPairs {
                RankedPairs(
                    values[index].map { $0 ?? 0 }, shares: shares, weights: common, direction: directions[index])
            }
            return (ranking(pair.0), ranking(pair.1))
        }
        func figures(_ draws: [Double]) -> [Double?] {
            func precision(_ ranking: RankedPairs) -> Double? { RankedPairs.averagePrecision(ranking.points(draws)) }
            return rankings.map(precision)
                + contrasts.map { a, b in precision(a).flatMap { a in precision(b).map { a - $0 } } }
        }
        let ones = [Double](repeating: 1, count: shares.count)
        let distributions = bootstrap.distributions(count: shares.count, figures: figures)
        let found = figures(ones)
        let same = shares.count { $0 >= 0.5 }
        let rarer = min(same, shares.count - same)
        estimates = values.enumerated().map { index, column in
            Estimate(
                value: found[index],
                interval: distributions.isEmpty
                    ? nil : bootstrap.interval(distributions[index], of: found[index], rarer: rarer),
                count: column.count { $0 != nil })
        }
        differences = pairs.enumerated().map { index, pair in
            let both = zip(values[pair.0], values[pair.1]).count { $0 != nil && $1 != nil }
            let place = values.count + index
            return MeanScores.Difference(
                first: pair.0, second: pair.1,
                estimate: Estimate(
                    value: found[place],
                    interval: distributions.isEmpty
                        ? nil : bootstrap.interval(distributions[place], ofDifference: found[place], rarer: rarer),
                    count: both))
        }
        interpolated = rankings.map { RankedPairs.interpolatedPrecision($0.points(ones)) }
    }
}

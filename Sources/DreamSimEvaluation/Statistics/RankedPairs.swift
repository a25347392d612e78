/// Pairs that are the same or not, in the order of a metric: the most alike first. Pairs of equal values stand together,
/// and no figure depends on their order.
package struct RankedPairs {
    /// A point of the ranking: what holds when this and every more alike pair is classified as the same.
    package struct Point: Sendable {
        /// The value of the last pair that is classified as the same.
        package let value: Double
        package let truePositives: Double
        package let falsePositives: Double
    }

    /// Indices of the items, the most alike first.
    private let order: [Int]
    private let values: [Double]
    private let shares: [Double]
    private let weights: [Double]

    /// - Parameters:
    ///   - values: a metric's value of each pair.
    ///   - shares: how much each pair is the same, 0 to 1; between, a pair counts as both in these shares.
    ///   - weights: how much each pair counts.
    package init(_ values: [Double], shares: [Double], weights: [Double], direction: Direction) {
        precondition(values.count == shares.count && values.count == weights.count, "counts differ")
        order = values.indices.sorted {
            direction.isMoreAlike(values[$0], than: values[$1]) || (values[$0] == values[$1] && $0 < $1)
        }
        self.values = values
        self.shares = shares
        self.weights = weights
    }

    package var count: Int { order.count }
    package var ones: [Double] { [Double](repeating: 1, count: count) }

    /// The points of the ranking, one for each distinct value that was drawn.
    /// - Parameter draws: how often each pair counts.
    package func points(_ draws: [Double]) -> [Point] {
        var points: [Point] = []
        var (positives, negatives) = (0.0, 0.0)
        for (place, index) in order.enumerated() {
            let weight = draws[index] * weights[index]
            positives += weight * shares[index]
            negatives += weight * (1 - shares[index])
            let isLast = place + 1 == order.count || values[order[place + 1]] != values[index]
            if isLast, positives + negatives > 0,
                positives != points.last?.truePositives ?? 0 || negatives != points.last?.falsePositives ?? 0
            {
                points.append(Point(value: values[index], truePositives: positives, falsePositives: negatives))
            }
        }
        return points
    }

    /// Average precision: the sum of (R_n - R_(n-1)) P_n over the points, as scikit-learn defines it; nil without any
    /// pair that is the same.
    package static func averagePrecision(_ points: [Point]) -> Double? {
        guard let total = points.last?.truePositives, total > 0 else { return nil }
        var (sum, previous) = (0.0, 0.0)
        for point in points {
            sum += (point.truePositives - previous) * point.precision
            previous = point.truePositives
        }
        return sum / total
    }

    /// Average precision as LPIPS' evaluation computes it (Pascal VOC since 2010): as above, but with the best precision
    /// at the same or any higher recall.
    package static func interpolatedPrecision(_ points: [Point]) -> Double? {
        guard let total = points.last?.truePositives, total > 0 else { return nil }
        var (sum, best) = (0.0, 0.0)
        for (index, point) in points.enumerated().reversed() {
            best = max(best, point.precision)
            sum += (point.truePositives - (index > 0 ? points[index - 1].truePositives : 0)) * best
        }
        return sum / total
    }

    /// The area under the ROC curve: the probability that a same pair is found more alike than a different one,
    /// equal values counting half. Nil when one sort is missing.
    package static func area(_ points: [Point]) -> Double? {
        guard let last = points.last, last.truePositives > 0, last.falsePositives > 0 else { return nil }
        var sum = 0.0
        var previous = Point(value: 0, truePositives: 0, falsePositives: 0)
        for point in points {
            sum +=
                (point.falsePositives - previous.falsePositives)
                * (previous.truePositives + point.truePositives) / 2
            previous = point
        }
        return sum / (last.truePositives * last.falsePositives)
    }
}

extension RankedPairs.Point {
    /// The precision: the fraction of same pairs among those that are at least as alike.
    package var precision: Double { truePositives / (truePositives + falsePositives) }
}

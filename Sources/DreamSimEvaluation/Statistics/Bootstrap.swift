/// How sure a figure is: the percentile bootstrap (Efron 1979). Items are drawn with replacement as often as there are
/// items, the figure is computed of each such draw, and the middle 95 % of the figures are the interval.
public struct Bootstrap: Sendable, Hashable, Encodable {
    /// The number of draws.
    public var resamples: Int
    /// The seed of the draws; the same seed gives the same intervals.
    public var seed: UInt64
    /// The share of the figures that lies inside the interval.
    public var confidence: Double

    /// 2,000 draws and intervals of 95 %, unless said otherwise.
    public init(resamples: Int = 2000, seed: UInt64 = 1, confidence: Double = 0.95) {
        precondition(resamples > 0 && confidence > 0 && confidence < 1, "\(resamples) draws, \(confidence)")
        self.resamples = resamples
        self.seed = seed
        self.confidence = confidence
    }

    /// Figures of every draw.
    /// - Parameters:
    ///   - count: the number of items.
    ///   - figures: computes figures from how often each item was drawn.
    /// - Returns: for each figure its values over the draws; draws without a figure (nil) are left out.
    /// - Complexity: O(resamples * count), beside the figures.
    package func distributions(count: Int, figures: ([Double]) -> [Double?]) -> [[Double]] {
        guard count > 0 else { return [] }
        var random = SeededGenerator(state: seed)
        var result: [[Double]] = []
        var draws = [Double](repeating: 0, count: count)
        for _ in 0..<resamples {
            for i in draws.indices { draws[i] = 0 }
            for _ in 0..<count { draws[random.index(below: count)] += 1 }
            let values = figures(draws)
            if result.isEmpty { result = Array(repeating: [], count: values.count) }
            for (index, value) in values.enumerated() { if let value { result[index].append(value) } }
        }
        return result
    }

    /// The middle part of a distribution, and at least Wilson's interval where there are fewer than 30 of a sort: of few items all
    /// draws can give the same figure.
    /// - Parameters:
    ///   - value: the figure of the items as they are, from 0 to 1.
    ///   - rarer: how many items there are of the sort of which there are fewer.
    func interval(_ distribution: [Double], of value: Double?, rarer: Int) -> Interval? {
        let found = interval(distribution)
        guard let value, rarer < 30 else { return found }
        return found?.joined(ShareInterval.wilson(value, count: Double(max(1, rarer))))
    }

    /// As of a figure, for the difference of two.
    func interval(_ distribution: [Double], ofDifference value: Double?, rarer: Int) -> Interval? {
        let found = interval(distribution)
        guard let value, rarer < 30 else { return found }
        return found?.joined(
            ShareInterval.difference(value, meanSquare: value * value, count: Double(max(1, rarer))))
    }

    /// The middle part of a distribution; nil when it is empty.
    package func interval(_ distribution: [Double]) -> Interval? {
        guard !distribution.isEmpty else { return nil }
        let sorted = distribution.sorted()
        let tail = (1 - confidence) / 2
        return Interval(
            low: Quantiles.value(tail, ofSorted: sorted), high: Quantiles.value(1 - tail, ofSorted: sorted))
    }
}

extension Bootstrap: CustomStringConvertible {
    /// For people.
    public var description: String {
        "bootstrap, \(resamples) draws, seed \(seed), percentiles; of fewer than 30 at least Wilson's"
    }
}

/// Where a figure lies with the confidence that is stated beside it.
public struct Interval: Sendable, Hashable, Codable {
    /// The lower end.
    public let low: Double
    /// The upper end.
    public let high: Double

    package init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// The least interval that holds both.
    func joined(_ other: Interval) -> Interval { Interval(low: min(low, other.low), high: max(high, other.high)) }
}

/// A figure with the number of items behind it and how sure it is.
public struct Estimate: Sendable, Hashable, Encodable {
    /// The figure; nil when no item has one.
    public let value: Double?
    /// Where it lies with the stated confidence.
    public let interval: Interval?
    /// The number of items behind it.
    public let count: Int
}

/// Values at given shares of a sample.
package enum Quantiles {
    /// The value below which a share of a sorted sample lies, between neighbors in proportion (NumPy's default).
    package static func value(_ share: Double, ofSorted sorted: [Double]) -> Double {
        let place = share * Double(sorted.count - 1)
        let below = Int(place.rounded(.down))
        let above = min(below + 1, sorted.count - 1)
        let part = place - Double(below)
        // Infinities must not turn into NaN.
        if part == 0 || sorted[below] == sorted[above] { return sorted[below] }
        return sorted[below] + (sorted[above] - sorted[below]) * part
    }
}

import Foundation

/// Intervals of shares at 95 %, which stay honest for few judgments where all or none agree: percentiles of draws with replacement
/// would have no width there.
package enum ShareInterval {
    private static let z = 1.959_963_984_540_054

    /// Wilson's score interval (1927) of a mean of scores from 0 to 1.
    /// - Parameter count: the number of judgments; of weighted ones the number that equal weights would have.
    package static func wilson(_ share: Double, count n: Double) -> Interval {
        let center = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return Interval(low: max(0, center - half), high: min(1, center + half))
    }

    /// The interval of Bonett and Price (2012) for the mean of paired differences from -1 to 1: one judgment more for either side
    /// is counted.
    /// - Parameters:
    ///   - mean: of the differences.
    ///   - meanSquare: the mean of their squares.
    ///   - count: as of `wilson`.
    package static func difference(_ mean: Double, meanSquare: Double, count n: Double) -> Interval {
        let center = mean * n / (n + 2)
        let variance = (meanSquare * n + 2) / (n + 2) - center * center
        let half = z * (variance / (n + 2)).squareRoot()
        return Interval(low: max(-1, center - half), high: min(1, center + half))
    }
}

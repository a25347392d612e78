import Foundation

/// Correlations of two rows of numbers, from -1 to 1, and how differences of them are tested.
package enum Correlation {
    /// Pearson's; nil when one row holds only equal numbers, or fewer than two.
    /// - Parameter weights: how often each pair counts; once without.
    package static func pearson(_ a: [Double], _ b: [Double], weights: [Double]? = nil) -> Double? {
        precondition(a.count == b.count, "\(a.count) and \(b.count) numbers")
        var (total, meanA, meanB) = (0.0, 0.0, 0.0)
        for i in a.indices {
            let weight = weights?[i] ?? 1
            (total, meanA, meanB) = (total + weight, meanA + weight * a[i], meanB + weight * b[i])
        }
        guard total > 0 else { return nil }
        (meanA, meanB) = (meanA / total, meanB / total)
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for i in a.indices {
            let (weight, x, y) = (weights?[i] ?? 1, a[i] - meanA, b[i] - meanB)
            (ab, aa, bb) = (ab + weight * x * y, aa + weight * x * x, bb + weight * y * y)
        }
        return aa > 0 && bb > 0 ? min(max(ab / (aa * bb).squareRoot(), -1), 1) : nil
    }

    /// Kendall's tau-b, for which ties count in neither row (Kendall 1945), by Knight's method (1966); nil as of `pearson`.
    /// - Complexity: O(n log n).
    package static func kendall(_ a: [Double], _ b: [Double]) -> Double? {
        precondition(a.count == b.count, "\(a.count) and \(b.count) numbers")
        let count = a.count
        func pairs(_ n: Int) -> Double { Double(n) * Double(n - 1) / 2 }
        let order = a.indices.sorted { a[$0] < a[$1] || (a[$0] == a[$1] && b[$0] < b[$1]) }
        var (tiesA, tiesBoth) = (0.0, 0.0)
        var (first, firstBoth) = (0, 0)
        for place in 0..<count {
            let isLast = place + 1 == count
            if isLast || a[order[place + 1]] != a[order[place]] {
                tiesA += pairs(place + 1 - first)
                first = place + 1
            }
            if isLast || a[order[place + 1]] != a[order[place]] || b[order[place + 1]] != b[order[place]] {
                tiesBoth += pairs(place + 1 - firstBoth)
                firstBoth = place + 1
            }
        }
        // Exchanges that sort the second row are discordant pairs.
        var row = order.map { b[$0] }
        let exchanges = Double(sortCountingExchanges(&row))
        var (tiesB, run) = (0.0, 0)
        for place in 0..<count where place + 1 == count || row[place + 1] != row[place] {
            tiesB += pairs(place + 1 - run)
            run = place + 1
        }
        let all = pairs(count)
        let scale = (all - tiesA).squareRoot() * (all - tiesB).squareRoot()
        return scale > 0 ? (all - tiesA - tiesB + tiesBoth - 2 * exchanges) / scale : nil
    }

    private static func sortCountingExchanges(_ row: inout [Double]) -> Int {
        var (exchanges, width, buffer) = (0, 1, row)
        while width < row.count {
            for start in stride(from: 0, to: row.count, by: 2 * width) {
                let (middle, end) = (min(start + width, row.count), min(start + 2 * width, row.count))
                var (left, right) = (start, middle)
                for place in start..<end {
                    if left < middle, right == end || row[left] <= row[right] {
                        buffer[place] = row[left]
                        left += 1
                    } else {
                        buffer[place] = row[right]
                        right += 1
                        exchanges += middle - left
                    }
                }
            }
            swap(&row, &buffer)
            width *= 2
        }
        return exchanges
    }

    /// Whether two correlations with the same third row differ, by Steiger's Z (1980, equation 15).
    /// - Parameters:
    ///   - first: the first's correlation with the third row.
    ///   - second: the second's.
    ///   - between: the correlation of the first and the second.
    ///   - count: the number of rows' members.
    /// - Returns: Z and the two-sided p; nil for fewer than four members, or correlations that leave nothing to test.
    package static func steiger(
        _ first: Double, _ second: Double, between: Double, count: Int
    ) -> (z: Double, p: Double)? {
        guard count > 3, abs(first) < 1, abs(second) < 1 else { return nil }
        let mean = (first + second) / 2
        let square = mean * mean
        let covariance =
            (between * (1 - 2 * square) - square * (1 - 2 * square - between * between) / 2)
            / ((1 - square) * (1 - square))
        guard covariance < 1 else { return nil }
        let z = (atanh(first) - atanh(second)) * (Double(count - 3) / (2 - 2 * covariance)).squareRoot()
        return (z, erfc(abs(z) / 2.0.squareRoot()))
    }
}

/// The order of a row of numbers, from which ranks are taken as often as its members are drawn anew.
package struct RankOrder {
    private let order: [Int]
    /// Whether a place of `order` is the last of its equals.
    private let ends: [Bool]

    package init(_ values: [Double]) {
        let order = values.indices.sorted { values[$0] < values[$1] }
        ends = order.indices.map { $0 + 1 == order.count || values[order[$0 + 1]] != values[order[$0]] }
        self.order = order
    }

    /// Ranks from 1 where each member counts as often as a weight says; equals share the mean of theirs.
    package func ranks(weights: [Double]) -> [Double] {
        var ranks = [Double](repeating: 0, count: order.count)
        var (before, own, first) = (0.0, 0.0, 0)
        for (place, member) in order.enumerated() {
            own += weights[member]
            guard ends[place] else { continue }
            for other in first...place { ranks[order[other]] = before + (own + 1) / 2 }
            (before, own, first) = (before + own, 0, place + 1)
        }
        return ranks
    }
}

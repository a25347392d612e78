import Foundation

/// The values that a metric has on some pairs of images.
package struct DistanceDistribution: Hashable, Sendable, Codable {
    /// The number of pairs.
    package let count: Int
    /// Values in ascending order: all of them, or 1,001 at equal steps of rank when there are more.
    package let values: [Double]

    /// Sorts the values of pairs; nil when there are none. NaN must not be among them.
    package init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let steps = 1000
        count = sorted.count
        self.values =
            sorted.count <= steps + 1
            ? sorted : (0...steps).map { sorted[($0 * (sorted.count - 1) + steps / 2) / steps] }
    }

    /// A hundred and one values at equal steps of rank where there are more, with five digits: enough for percentiles.
    package var brief: DistanceDistribution {
        let steps = min(100, values.count - 1)
        let shares = (0...steps).map { steps == 0 ? 0 : Double($0) / Double(steps) }
        return DistanceDistribution(
            count: count, values: shares.map { Double(String(format: "%.5g", quantile($0))) ?? quantile($0) })
    }

    private init(count: Int, values: [Double]) { (self.count, self.values) = (count, values) }

    /// The share of the pairs, 0 to 1, that are less alike than a value says; equal ones count half.
    package func shareLessAlike(than value: Double, direction: Direction) -> Double {
        let less = values.count { direction.isMoreAlike(value, than: $0) }
        let equal = values.count { $0 == value }
        return (Double(less) + Double(equal) / 2) / Double(values.count)
    }

    /// The value at a share of the ranks, 0 to 1.
    package func quantile(_ share: Double) -> Double {
        values[Int((min(max(share, 0), 1) * Double(values.count - 1)).rounded())]
    }
}

extension DistanceDistribution {
    private enum CodingKeys: String, CodingKey { case count, values }

    /// Reads what was found of some pairs; whoever looks for a rank relies on values, in their order.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            count: try container.decode(Int.self, forKey: .count),
            values: try container.decode([Double].self, forKey: .values))
        guard !values.isEmpty, count >= values.count, zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 }),
            !values[0].isNaN
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .values, in: container, debugDescription: "holds no values of that many pairs in their order")
        }
    }
}

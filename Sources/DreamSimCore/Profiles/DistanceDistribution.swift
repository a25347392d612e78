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

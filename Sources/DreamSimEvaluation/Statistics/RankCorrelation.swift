/// Spearman's rank correlation.
enum RankCorrelation {
    /// The correlation of the ranks of two rows of numbers, from -1 to 1; equal numbers share the mean of their ranks.
    /// - Returns: nil when one of them holds only equal numbers, or fewer than two.
    static func spearman(_ a: [Double], _ b: [Double]) -> Double? {
        precondition(a.count == b.count, "\(a.count) and \(b.count) numbers")
        let (x, y) = (ranks(a), ranks(b))
        let mean = Double(a.count - 1) / 2
        var (xy, xx, yy) = (0.0, 0.0, 0.0)
        for i in x.indices {
            let (dx, dy) = (x[i] - mean, y[i] - mean)
            xy += dx * dy
            xx += dx * dx
            yy += dy * dy
        }
        return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
    }

    /// Ranks from 0.
    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var first = 0
        while first < order.count {
            var end = first + 1
            while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
            for place in first..<end { ranks[order[place]] = Double(first + end - 1) / 2 }
            first = end
        }
        return ranks
    }
}

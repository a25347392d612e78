extension Bootstrap {
    /// Intervals of figures by how they change with the weight of each image (the infinitesimal jackknife's linear part; Efron 1982):
    /// images of both sets are drawn with replacement, and the figure moves by the mean of its influences over the draw.
    ///
    /// Plain draws of the images themselves would be wrong here: twice the same image is its own nearest neighbor, and repeats make
    /// a covariance look smaller than it is, which raises every distance.
    /// - Parameters:
    ///   - influences: for each figure, of each of its sets, the influences by image, with mean 0; nil where a set is held as it is.
    ///   - sets: the number of images of each set.
    /// - Returns: for each figure its deviations over the draws.
    func deviations(_ influences: [[[Double]?]], sets: [Int]) -> [[Double]] {
        var total = [[Double]](repeating: [Double](repeating: 0, count: resamples), count: influences.count)
        for (set, count) in sets.enumerated() where influences.contains(where: { $0[set] != nil }) {
            var draws = self
            draws.seed = seed &+ UInt64(set) &* 0x9E37_79B9
            let found = draws.distributions(count: count) { weights in
                influences.map { figure in
                    guard let values = figure[set] else { return 0 }
                    var sum = 0.0
                    for i in values.indices { sum += weights[i] * values[i] }
                    return sum / Double(count)
                }
            }
            for figure in found.indices {
                for draw in found[figure].indices { total[figure][draw] += found[figure][draw] }
            }
        }
        return total
    }

    /// The middle part of a share's distribution, and at least Wilson's interval: where all images or none have something, every
    /// draw gives the same.
    func interval(_ distribution: [Double], ofShare value: Double, of count: Int) -> Interval? {
        interval(distribution.map { min(max($0, 0), 1) })?
            .joined(ShareInterval.wilson(value, count: Double(count)))
    }
}

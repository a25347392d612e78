/// The Fréchet distance as it would be of infinitely many generated images (Chong and Forsyth 2020, 'Effectively unbiased FID'):
/// it grows with 1/n, so that distances of parts of a set lie on a line over 1/n, whose intercept is wanted.
struct FrechetExtrapolation: Sendable {
    let value: Double
    /// The numbers of images whose distances the line is of.
    let sizes: [Int]

    /// The least number of images that the authors take for the smallest part.
    static let least = 5000
    private static let points = 15

    /// - Parameters:
    ///   - generated: the set that is divided; parts are drawn at random, each within the next.
    ///   - real: the other set, as it is.
    ///   - progress: called with how many of the distances are computed.
    /// - Throws: `DreamSimError` with `.empty` for fewer than 30 images.
    init(
        _ generated: SetVectors, to real: FrechetFactor, seed: UInt64, progress: (Int, Int) throws -> Void
    ) throws {
        try generated.check(atLeast: 2 * Self.points, for: "an extrapolation")
        let first = min(Self.least, generated.count / 2)
        sizes = (0..<Self.points).map { first + (generated.count - first) * $0 / (Self.points - 1) }
        var generator = SeededGenerator(state: seed)
        let shuffled = try generated.rows((0..<generated.count).shuffled(using: &generator))
        var moments = SetMoments(width: generated.width)
        var distances: [Double] = []
        for (index, size) in sizes.enumerated() {
            try progress(index, sizes.count)
            try moments.add(shuffled, rows: moments.count..<size)
            distances.append(
                try FrechetDistance((real, FrechetFactor(moments.statistics())), derivatives: false).value)
        }
        try progress(sizes.count, sizes.count)
        // The least squares' line over 1/n.
        let x = sizes.map { 1 / Double($0) }
        let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), distances.reduce(0, +) / Double(x.count))
        var (xy, xx) = (0.0, 0.0)
        for i in x.indices {
            xy += (x[i] - meanX) * (distances[i] - meanY)
            xx += (x[i] - meanX) * (x[i] - meanX)
        }
        value = meanY - xy / xx * meanX
    }
}

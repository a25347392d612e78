/// How long repeated runs take, each after the other; one more comes first and is not counted.
struct RunTimes {
    /// The median of the runs' seconds, divided by the number of things in a run.
    let median: Double
    /// The fastest run's.
    let fastest: Double
    /// The slowest run's.
    let slowest: Double

    init(_ runs: Int, of count: Int, _ body: () throws -> Void) rethrows {
        try body()
        let clock = ContinuousClock()
        let times = try (0..<runs).map { _ in try clock.measure(body) / .seconds(1) / Double(count) }.sorted()
        median = (times[(runs - 1) / 2] + times[runs / 2]) / 2
        (fastest, slowest) = (times[0], times[runs - 1])
    }
}

/// Images without content.
enum Noise {
    /// A square of uniformly distributed values.
    static func image(side: Int, seed: UInt32) -> Image {
        var state = seed
        let pixels = (0..<(side * side * 3)).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        return Image(width: side, height: side, pixels: pixels)
    }
}

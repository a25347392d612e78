import Tensors

/// How long a model takes for an image, without reading files.
public struct BenchmarkReport: Sendable, Encodable {
    /// What was timed.
    public let model: ModelStamp
    /// What it ran on.
    public let hardware: HardwareReport
    /// Images that passed the model together.
    public let batch: Int
    /// Runs that were counted; one more came first.
    public let runs: Int
    /// The median of the runs' seconds, divided by the batch.
    public let secondsPerImage: Double
    /// The fastest run's seconds, divided by the batch.
    public let fastest: Double
    /// The slowest run's seconds, divided by the batch.
    public let slowest: Double

    /// Times a model on pictures of noise, whose content has no influence on the time.
    /// - Parameters:
    ///   - batch: images that pass the model together, at least 1.
    ///   - runs: runs to count, at least 1.
    public init(_ model: PerceptualModel, batch: Int, runs: Int) {
        precondition(batch >= 1 && runs >= 1, "\(runs) runs of \(batch) images")
        let side = model.preprocessing.side
        var state: UInt32 = 1
        let pixels = (0..<(side * side * 3)).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        let tensor = model.preprocessing.batch(
            Array(repeating: Image(width: side, height: side, pixels: pixels), count: batch))
        _ = model.embed(batch: tensor)
        let clock = ContinuousClock()
        let times = (0..<runs).map { _ in
            clock.measure { _ = model.embed(batch: tensor) } / .seconds(1) / Double(batch)
        }.sorted()
        self.model = model.stamp
        hardware = HardwareReport()
        self.batch = batch
        self.runs = runs
        secondsPerImage = (times[(runs - 1) / 2] + times[runs / 2]) / 2
        fastest = times[0]
        slowest = times[runs - 1]
    }
}

/// How long a metric takes for a pair of images that are in memory already.
public struct MetricBenchmarkReport: Sendable, Encodable {
    /// What was timed.
    public let metric: MetricCard
    /// What it ran on.
    public let hardware: HardwareReport
    /// The side of the images in pixels; a metric that works on a square of its own brings them to it.
    public let size: Int
    /// Pairs of a run.
    public let batch: Int
    /// Runs that were counted; one more came first.
    public let runs: Int
    /// The median of the runs' seconds, divided by the batch.
    public let secondsPerPair: Double
    /// The fastest run's seconds, divided by the batch.
    public let fastest: Double
    /// The slowest run's seconds, divided by the batch.
    public let slowest: Double

    /// Times a metric on pictures of noise, whose content has no influence on the time.
    /// - Parameters:
    ///   - size: the side of the images in pixels, at least 1.
    ///   - batch: pairs of a run, at least 1.
    ///   - runs: runs to count, at least 1.
    /// - Throws: `DreamSimError` with `.incomparable` when images of that size are too small for the metric.
    public init(_ metric: any PerceptualMetric, size: Int, batch: Int, runs: Int) throws {
        precondition(size >= 1 && batch >= 1 && runs >= 1, "\(runs) runs of \(batch) pairs of size \(size)")
        let (a, b) = (Noise.image(side: size, seed: 1), Noise.image(side: size, seed: 2))
        let times = try RunTimes(runs, of: batch) {
            for _ in 0..<batch { _ = try metric.value(a, b) }
        }
        self.metric = metric.card
        hardware = HardwareReport()
        self.size = size
        self.batch = batch
        self.runs = runs
        (secondsPerPair, fastest, slowest) = (times.median, times.fastest, times.slowest)
    }
}

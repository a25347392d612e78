/// How long a metric takes for a pair of images that are in memory already.
package struct MetricBenchmarkReport: Sendable, Encodable {
    /// What can be timed of a metric.
    package enum Work: String, Sendable, Encodable, CaseIterable {
        /// Its value.
        case value
        /// The distance to an image that was prepared before, and its gradient: a step of an inversion.
        case step = "gradient"
        /// The distance, and the gradients of both images.
        case pair = "both gradients"
    }

    /// What was timed.
    package let metric: MetricCard
    /// What of it.
    package let work: Work
    /// What it ran on.
    package let hardware: HardwareReport
    /// The side of the images in pixels; a metric that works on a square of its own brings them to it.
    package let size: Int
    /// Pairs of a run.
    package let batch: Int
    /// Runs that were counted; one more came first.
    package let runs: Int
    /// The median of the runs' seconds, divided by the batch.
    package let secondsPerPair: Double
    /// The fastest run's seconds, divided by the batch.
    package let fastest: Double
    /// The slowest run's seconds, divided by the batch.
    package let slowest: Double

    /// Times a metric on images of noise, whose content has no influence on the time.
    /// - Parameters:
    ///   - work: what is timed of it.
    ///   - size: the side of the images in pixels, at least 1.
    ///   - batch: pairs of a run, at least 1.
    ///   - runs: runs to count, at least 1.
    /// - Throws: `DreamSimError` with `.incomparable` when images of that size are too small for the metric, with
    ///   `.badSetting` when a gradient is asked for and it has none.
    package init(
        _ metric: any PerceptualMetric, work: Work = .value, size: Int, batch: Int, runs: Int
    ) throws {
        precondition(size >= 1 && batch >= 1 && runs >= 1, "\(runs) runs of \(batch) pairs of size \(size)")
        let times = try RunTimes(runs, of: batch, Self.run(work, of: metric, size: size, batch: batch))
        self.metric = metric.card
        self.work = work
        hardware = HardwareReport()
        self.size = size
        self.batch = batch
        self.runs = runs
        (secondsPerPair, fastest, slowest) = (times.median, times.fastest, times.slowest)
    }

    /// One run.
    private static func run(
        _ work: Work, of metric: any PerceptualMetric, size: Int, batch: Int
    ) throws -> () throws -> Void {
        let (a, b) = (Noise.image(side: size, seed: 1), Noise.image(side: size, seed: 2))
        guard work != .value else {
            return { for _ in 0..<batch { _ = try metric.value(a, b) } }
        }
        let loss = try Loss.differentiable(metric)
        let (x, y) = try (Tensor(Array(repeating: a, count: batch)), Tensor(Array(repeating: b, count: batch)))
        guard work == .step else { return { _ = try loss.distanceAndGradient(x, y) } }
        let target = try loss.target(y)
        return { _ = try target.distanceAndGradient(x) }
    }
}

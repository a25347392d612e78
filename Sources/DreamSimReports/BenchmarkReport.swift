/// How long a model takes for an image, without reading files.
package struct BenchmarkReport: Sendable, Encodable {
    /// What was timed.
    package let model: ModelStamp
    /// What it ran on.
    package let hardware: HardwareReport
    /// Images that passed the model together.
    package let batch: Int
    /// Runs that were counted; one more came first.
    package let runs: Int
    /// The median of the runs' seconds, divided by the batch.
    package let secondsPerImage: Double
    /// The fastest run's seconds, divided by the batch.
    package let fastest: Double
    /// The slowest run's seconds, divided by the batch.
    package let slowest: Double

    /// Times a model on images of noise, whose content has no influence on the time.
    /// - Parameters:
    ///   - batch: images that pass the model together, at least 1.
    ///   - runs: runs to count, at least 1.
    package init(_ model: PerceptualModel, batch: Int, runs: Int) {
        precondition(batch >= 1 && runs >= 1, "\(runs) runs of \(batch) images")
        let image = Noise.image(side: model.preprocessing.side, seed: 1)
        let tensor = model.preprocessing.batch(Array(repeating: image, count: batch))
        let times = RunTimes(runs, of: batch) { _ = model.embed(batch: tensor) }
        self.model = model.stamp
        hardware = HardwareReport()
        self.batch = batch
        self.runs = runs
        (secondsPerImage, fastest, slowest) = (times.median, times.fastest, times.slowest)
    }
}

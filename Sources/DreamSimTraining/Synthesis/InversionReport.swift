/// What an inversion found, with everything that is needed to repeat it.
package struct InversionReport: Sendable, Encodable {
    /// What was matched.
    package let targets: [Target]
    /// The image from which it started; nil for noise.
    package let start: String?
    /// What was made small, such as `lpips-vgg + 0.5*dists`.
    package let metric: String
    /// The metrics of it.
    package let metrics: [Metric]
    /// How.
    package let options: InversionOptions
    /// SHA-256 over targets, masks, metric, weights and settings: equal for runs that give the same image.
    package let stamp: String
    /// The losses at the beginning and at the end.
    package let loss: Losses
    /// The loss before each step; with shifts or crops, as each step saw it.
    package let losses: [Double]
    /// What the total variation added to each.
    package let penalties: [Double]
    /// The steps before the best image.
    package let bestStep: Int
    /// Steps taken.
    package let steps: Int
    /// Whether all steps were taken.
    package let isComplete: Bool
    /// The time that the steps took.
    package let seconds: Double
    /// Images on the way, the first and the last included.
    package let frames: [InversionRun.Frame]
    /// The best image.
    package let image: Image

    private enum CodingKeys: String, CodingKey {
        case targets, start, metric, metrics, options, stamp, loss, losses, penalties, bestStep, steps, isComplete,
            seconds
    }

    init(
        _ inversion: Inversion, losses: [Double], penalties: [Double], seconds: Double, frames: [InversionRun.Frame]
    ) throws {
        targets = inversion.targets.map {
            Target(
                name: $0.name, width: $0.image.width, height: $0.image.height, weight: $0.weight, mask: $0.mask?.name,
                maskShare: $0.mask?.share)
        }
        metric = inversion.objective.loss.name
        options = inversion.options
        stamp = inversion.stamp
        (self.losses, self.penalties, self.seconds, self.frames) = (losses, penalties, seconds, frames)
        image = try inversion.image
        start = inversion.startName
        let first = frames.first?.loss ?? losses.first ?? .nan
        let end = inversion.best?.loss ?? losses.last ?? .nan
        let written = try inversion.loss(of: image)
        loss = Losses(start: first, end: end, written: written.value, fall: first / end)
        metrics = zip(inversion.objective.loss.terms, written.terms).map {
            Metric(
                name: $0.metric.card.name, weights: $0.metric.card.weights,
                model: ($0.metric as? any EmbeddingMetric)?.stamp, weight: $0.weight, written: $1)
        }
        bestStep = inversion.best?.step ?? inversion.steps
        steps = inversion.steps
        isComplete = inversion.isDone
    }

    /// A target in words.
    package struct Target: Sendable, Encodable {
        /// Its name.
        package let name: String
        /// The columns of the image as it came.
        package let width: Int
        /// The rows.
        package let height: Int
        /// How much it counts among the targets.
        package let weight: Double
        /// The mask that limits it; nil for none.
        package let mask: String?
        /// The share of the image that counts.
        package let maskShare: Double?
    }

    /// One of the metrics that make up the loss.
    package struct Metric: Sendable, Encodable {
        /// Its name.
        package let name: String
        /// SHA-256 over its weights, in hexadecimal; nil for metrics without any.
        package let weights: String?
        /// What else a model's numbers depend on; nil for metrics that are no model.
        package let model: ModelStamp?
        /// What it is multiplied with.
        package let weight: Double
        /// Its mean over the targets for the image as it is written, without the weight.
        package let written: Double
    }

    /// The losses of the image.
    package struct Losses: Sendable, Encodable {
        /// Of the image to start from.
        package let start: Double
        /// Of the best image.
        package let end: Double
        /// Of the best image after rounding to 8 bits, as it is written.
        package let written: Double
        /// How many times smaller `end` is than `start`.
        package let fall: Double
    }
}

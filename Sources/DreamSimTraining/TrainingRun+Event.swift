extension TrainingRun {
    /// What a run reports.
    public enum Event: Sendable {
        /// A step was taken.
        case step(Step)
        /// An epoch ended and was validated; epoch 0 is the model before the first step.
        case validated(epoch: Int, outcome: TrainingOutcome, isBest: Bool)
        /// Images were embedded, which is done once, before a head learns.
        case embedded(done: Int, total: Int)
        /// Something that people should know and that does not keep the run from going on.
        case note(String)
    }

    /// A step as it is reported.
    public struct Step: Sendable {
        /// Counted from 1.
        public let number: Int
        /// The number of steps of all epochs.
        public let total: Int
        /// Counted from 1.
        public let epoch: Int
        /// Before the step.
        public let outcome: TrainingOutcome
        /// Since the run was begun or taken up.
        public let imagesPerSecond: Double
        /// Seconds that the remaining steps will take at this pace, without validations.
        public let secondsLeft: Double
    }
}

/// What a training step, or a validation, found.
public struct TrainingOutcome: Sendable, Hashable {
    /// The mean loss of a triplet.
    public let loss: Double
    /// The share of triplets in which the model and people agree (2AFC).
    public let agreement: Double
}

/// How fast a run goes.
final class Pace {
    private let first: Int
    private let total: Int
    private let start = ContinuousClock.now
    private var images = 0

    init(first: Int, total: Int) {
        (self.first, self.total) = (first, total)
    }

    func figures(after step: Int, images more: Int) -> (imagesPerSecond: Double, secondsLeft: Double) {
        images += more
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return (Double(images) / max(seconds, 1e-9), seconds / Double(step - first) * Double(total - step))
    }
}

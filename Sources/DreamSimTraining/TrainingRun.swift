package import DreamSimNetworks
public import Foundation

/// A whole run of training on files: passes over the triplets in random order, a validation after each, and everything
/// that is to be kept in one folder: `checkpoint.safetensors`, from which a stopped run resumes to the
/// very same result; `log.jsonl`; what was learnt, after the last step and by the best validation (`TrainingMethod.place`);
/// `report.html`; and event files for TensorBoard.
///
/// ```swift
/// let run = try await TrainingRun.open(at: folder, model: "dino_vitb16", votes: .triplets(table), options: .lora(rank: 16))
/// for try await case .step(let step) in run.events() { print(step.number, step.outcome.loss) }
/// let tuned = try await run.best()
/// ```
///
/// `@unchecked Sendable`: after `init`, only `run` changes anything, and `events` lets one run at a time.
public final class TrainingRun: @unchecked Sendable {
    /// The run's steps.
    package let trainer: Trainer
    /// Where everything is kept.
    public let folder: URL
    /// Triplets that are left out because an image of them cannot be read.
    package let skipped: [SkippedTriplet]
    /// What is learnt from.
    package let training: [TrainingTriplet]
    /// What each epoch is judged by.
    package let validation: [TrainingTriplet]
    let running = NSLock()
    private let settings: Settings
    private let source: TripletSource
    private var notes: [String]
    private var progress: Progress
    /// Every image's embedding, where no more is learnt from.
    private var embeddings: EmbeddedImages?

    /// What does not bear on single steps.
    public struct Settings: Sendable, Hashable {
        /// Steps between checkpoints; there is one after each epoch in any case.
        public var stepsBetweenCheckpoints = 50
        /// Epochs without a better validation after which the run ends; nil for never.
        public var patience: Int?
        /// Whether triplets with images that cannot be read are left out; else they are errors. All images are then
        /// decoded before anything is learnt.
        public var skipsUnreadable = false
        /// The folder of caches in which what frozen blocks give is kept, for later epochs and other runs; nil for none.
        public var cache: URL?
        /// The most bytes of that folder; caches that were used longest ago make room.
        public var cacheLimit = 20_000_000_000
        /// What the report says that triplets were read from.
        public var data: String?

        /// A checkpoint every 50 steps, and all epochs; no cache.
        public init() {}
    }

    /// What a run keeps of its validations.
    struct Progress: Codable, Hashable {
        /// Tells the run's triplets from others.
        var triplets: String?
        var validatedEpochs = 0
        var bestEpoch: Int?
        var bestLoss: Double?
        var bestAgreement: Double?
    }

    /// Begins a run, or takes up the one in the folder.
    /// - Parameters:
    ///   - model: without an adapter.
    ///   - options: the settings; those of a run that is taken up must be the same.
    ///   - training: what is learnt from.
    ///   - validation: what each epoch is judged by; may be empty, and then the last updates are the best.
    ///   - folder: made when it is not there.
    ///   - adapter: the updates that a new run starts from; fresh ones when nil.
    ///   - head: the head that a new run starts from; a fresh one when nil.
    ///   - progress: called with the images that were looked at and their number, with `settings.skipsUnreadable`.
    /// - Throws: `DreamSimError`; `DreamSimError` when the folder's checkpoint is broken.
    package init(
        _ model: PerceptualModel, _ options: TrainingOptions, training: [TrainingTriplet],
        validation: [TrainingTriplet] = [], folder: URL, settings: Settings = Settings(),
        from adapter: LoRAAdapter? = nil, head: EmbeddingHead? = nil,
        progress looked: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        guard !training.isEmpty else {
            throw DreamSimError(.badBatch, "training", "there are no triplets to learn from")
        }
        let checkpoint = folder.appending(path: Self.checkpointName)
        let fresh = try Trainer(model, options, from: adapter, head: head)
        if FileManager.default.fileExists(atPath: checkpoint.path) {
            var note: String?
            trainer = try Trainer(model, resuming: checkpoint, note: &note)
            guard trainer.options == fresh.options else {
                throw DreamSimError(
                    .badCheckpoint, checkpoint.path,
                    "belongs to a run with other settings; use another folder, or the settings it was begun with")
            }
            progress = try JSONDecoder().decode(Progress.self, from: Data((note ?? "{}").utf8))
        } else {
            trainer = fresh
            progress = Progress()
        }
        (self.folder, self.settings) = (folder, settings)
        (source, notes) = Self.source(
            trainer, settings, images: ReadableTriplets.distinct(training + validation).count)
        let readable = try ReadableTriplets(
            training, validation, from: source, skips: settings.skipsUnreadable, progress: looked)
        (self.training, self.validation, skipped) = (readable.training, readable.validation, readable.skipped)
        let triplets = Self.digest(readable)
        guard progress.triplets ?? triplets == triplets else {
            throw DreamSimError(
                .badCheckpoint, checkpoint.path,
                "belongs to a run on other triplets"
                    + (settings.skipsUnreadable ? ", or on images of which others could be read" : "")
                    + "; use another folder, or the triplets it was begun with")
        }
        progress.triplets = triplets
        try Folder.make(folder.path)
    }

    private static let checkpointName = "checkpoint.safetensors"

    /// Steps of one epoch.
    public var stepsPerEpoch: Int { (training.count + trainer.options.batchSize - 1) / trainer.options.batchSize }

    /// Steps of all epochs.
    public var totalSteps: Int { stepsPerEpoch * trainer.options.epochs }

    /// Trains to the end.
    /// - Parameter report: called after every step and validation; an error that it throws ends the run, which can be
    ///   taken up again.
    /// - Throws: `DreamSimError` when an image cannot be read; `DreamSimError` when training diverges; an error of writing.
    package func run(report: (Event) throws -> Void = { _ in }) throws {
        let record = try RunRecord(
            in: folder, after: trainer.steps, validated: progress.validatedEpochs, page: page)
        try tellNotes(record, report)
        if trainer.options.method == .mlp,
            trainer.steps < totalSteps || progress.validatedEpochs < trainer.options.epochs
        {
            embeddings = try EmbeddedImages(of: training + validation, by: trainer.model, from: source) {
                try report(.embedded(done: $0, total: $1))
            }
        }
        if trainer.steps == 0, !validation.isEmpty {
            let (outcome, seconds) = try validate()
            try record.validation(after: 0, epoch: 0, outcome, isBest: false, seconds: seconds)
            try report(.validated(epoch: 0, outcome: outcome, isBest: false))
        }
        let clock = Pace(first: trainer.steps, total: totalSteps)
        var epoch = trainer.steps / stepsPerEpoch
        // A run may have been stopped between the last step of an epoch and its validation.
        if trainer.steps == epoch * stepsPerEpoch, progress.validatedEpochs < epoch {
            try finish(epoch - 1, record, report)
        }
        while epoch < trainer.options.epochs, !isExhausted(before: epoch) {
            let order = Self.order(training.count, epoch: epoch, seed: trainer.options.seed)
            let done = (trainer.steps - epoch * stepsPerEpoch) * trainer.options.batchSize
            var loader = loader(order[done...].map { training[$0] })
            defer { loader.cancel() }
            for first in stride(from: done, to: training.count, by: trainer.options.batchSize) {
                let start = ContinuousClock.now
                let input = try loader.next(min(trainer.options.batchSize, training.count - first))
                let outcome = try trainer.step(input)
                let (speed, left) = clock.figures(after: trainer.steps, images: 3 * input.count)
                try record.step(
                    trainer.steps, epoch: epoch + 1, outcome, seconds: (ContinuousClock.now - start) / .seconds(1),
                    imagesPerSecond: speed)
                try tellNotes(record, report)
                if trainer.steps % settings.stepsBetweenCheckpoints == 0 { try save() }
                try report(
                    .step(
                        Step(
                            number: trainer.steps, total: totalSteps, epoch: epoch + 1, outcome: outcome,
                            imagesPerSecond: speed, secondsLeft: left)))
            }
            try finish(epoch, record, report)
            epoch += 1
        }
        try record.writePage()
    }

    private func isExhausted(before epoch: Int) -> Bool {
        guard let patience = settings.patience, let best = progress.bestEpoch else { return false }
        return epoch - best >= patience
    }

    /// Validates after an epoch, and keeps what is to be kept.
    private func finish(_ epoch: Int, _ record: RunRecord, _ report: (Event) throws -> Void) throws {
        try save()
        let result = trainer.result
        try write(result, .last)
        var validated: (outcome: Trainer.Outcome, seconds: Double)?
        var isBest = true
        if !validation.isEmpty {
            let (found, seconds) = try validate()
            // Agreement first, and the loss where that is equal.
            let (best, loss) = (progress.bestAgreement ?? -1, progress.bestLoss ?? .infinity)
            isBest = (found.agreement, -found.loss) > (best, -loss)
            if isBest { (progress.bestAgreement, progress.bestLoss) = (found.agreement, found.loss) }
            validated = (found, seconds)
        }
        if isBest {
            progress.bestEpoch = epoch + 1
            try write(result, .best)
        }
        progress.validatedEpochs = epoch + 1
        // First, because the checkpoint says that it is taken down; a run that is taken up drops what it does not know of.
        if let validated {
            try record.validation(
                after: trainer.steps, epoch: epoch + 1, validated.outcome, isBest: isBest, seconds: validated.seconds)
        }
        try save()
        try record.writePage()
        try tellNotes(record, report)
        guard let validated else { return }
        try report(.validated(epoch: epoch + 1, outcome: validated.outcome, isBest: isBest))
    }

    /// Passes on what people should know.
    private func tellNotes(_ record: RunRecord, _ report: (Event) throws -> Void) throws {
        notes += source.frozen?.takeNotes() ?? []
        defer { notes = [] }
        for note in notes {
            try record.note(note, step: trainer.steps, epoch: trainer.steps / stepsPerEpoch)
            try report(.note(note))
        }
    }

    /// The loss and the agreement over the triplets that are not learnt from.
    private func validate() throws -> (outcome: Trainer.Outcome, seconds: Double) {
        let start = ContinuousClock.now
        var loader = loader(validation)
        defer { loader.cancel() }
        var (loss, agreement) = (0.0, 0.0)
        for first in stride(from: 0, to: validation.count, by: 16) {
            let count = min(16, validation.count - first)
            let outcome = try trainer.validate(loader.next(count))
            loss += outcome.loss * Double(count)
            agreement += outcome.agreement * Double(count)
        }
        let outcome = Trainer.Outcome(
            loss: loss / Double(validation.count), agreement: agreement / Double(validation.count))
        return (outcome, (ContinuousClock.now - start) / .seconds(1))
    }

    /// How triplets are read: this is the one place that knows what a step learns from.
    private func loader(_ triplets: [TrainingTriplet]) -> any TripletReader {
        embeddings?.reader(triplets) ?? TripletLoader(triplets, from: source)
    }

    func save() throws {
        try Writing.checked {
            try trainer.save(to: folder.appending(path: Self.checkpointName), note: try JSON.line(progress))
        }
    }

    private func write(_ result: TuningResult, _ stage: TuningStage) throws {
        try Writing.checked { try result.write(stage, in: folder, dropout: trainer.options.dropout) }
    }

    /// The report, without what the log says.
    private var page: TrainingPage {
        TrainingPage(
            options: trainer.options, model: trainer.model.stamp, data: settings.data, learnt: training.count,
            validated: validation.count, skipped: skipped, totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch,
            cache: source.frozen?.path, lines: [])
    }

    /// The order of an epoch (Fisher and Yates), from the seed and the epoch alone.
    static func order(_ count: Int, epoch: Int, seed: UInt64) -> [Int] {
        var generator = SeededGenerator(state: SeededGenerator.mixed(seed ^ SeededGenerator.mixed(UInt64(epoch) + 1)))
        var order = Array(0..<count)
        for i in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(i, Int(generator.next() % UInt64(i + 1)))
        }
        return order
    }
}

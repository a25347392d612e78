public import DreamSim
public import Networks
import Randomness
package import Tensors

/// Tunes a model's low-rank updates on human judgements, step by step. The same steps give the same numbers, whatever the
/// number of threads.
///
/// ```swift
/// let trainer = try Trainer(model, .single)
/// for batch in batches { print(try trainer.step(batch).loss) }
/// try trainer.adapter.write(to: folder)
/// ```
///
/// Not for sharing between threads.
public final class Trainer {
    /// The model without updates.
    public let model: PerceptualModel
    /// How it is tuned.
    public let options: TrainingOptions
    var parameters: LoRAParameters
    var adam: Adam

    /// What a step, or a validation, found.
    public struct Outcome: Sendable, Hashable {
        /// The mean loss of a triplet.
        public let loss: Double
        /// The share of triplets in which the model and people agree (2AFC).
        public let agreement: Double
    }

    /// Starts anew.
    /// - Parameters:
    ///   - model: without an adapter. The published models were trained without normalisation of embeddings
    ///     (`LoadingOptions.isNormalized`).
    ///   - options: the settings; `rank` and `alpha` are the adapter's when there is one.
    ///   - adapter: the updates to start from; fresh ones when nil.
    /// - Throws: `TrainingError` with `.badSetting`.
    public init(_ model: PerceptualModel, _ options: TrainingOptions, from adapter: LoRAAdapter? = nil)
        throws(TrainingError)
    {
        var options = options
        if let adapter {
            options.rank = adapter.rank
            options.alpha = adapter.scale * Float(adapter.rank)
        }
        try options.check()
        guard model.isTunable else {
            throw TrainingError(
                .badSetting, model.description.name,
                "has parts that are not transformers, or parts of fixed shares, which are not trained yet")
        }
        self.model = model
        self.options = options
        let blocks = options.tunedBlocks(model)
        parameters =
            if let adapter {
                try LoRAParameters(model.networks, blocks: blocks, adapter)
            } else {
                LoRAParameters(model.networks, blocks: blocks, rank: options.rank, seed: options.seed)
            }
        adam = Adam(options.adam)
    }

    /// Takes up a run where a checkpoint left it.
    init(_ model: PerceptualModel, _ options: TrainingOptions, parameters: LoRAParameters, adam: Adam) {
        self.model = model
        self.options = options
        self.parameters = parameters
        self.adam = adam
    }

    /// Steps taken since the run began.
    public var steps: Int { adam.steps }

    /// What B A is multiplied with.
    private var scale: Float { options.alpha / Float(options.rank) }

    /// The updates as they are now.
    public var adapter: LoRAAdapter { parameters.adapter(model.networks, scale: scale) }

    /// Learns from a batch.
    /// - Returns: the loss and the agreement before the step, with dropout.
    /// - Throws: `TrainingError` with `.badBatch` when the images are not of the model's size, or `.diverged` when the loss
    ///   or a gradient is not finite; then nothing has changed.
    @discardableResult
    public func step(_ batch: TripletBatch) throws(TrainingError) -> Outcome {
        try check(batch)
        return try step(TripletInput(batch))
    }

    /// Learns from triplets, as `step` of a batch does.
    func step(_ input: TripletInput) throws(TrainingError) -> Outcome {
        let (outcome, gradients) = try gradients(of: input)
        for (name, gradient) in gradients {
            guard gradient.withUnsafeBufferPointer({ $0.allSatisfy(\.isFinite) }) else { throw diverged(name) }
        }
        adam.step(&parameters.tensors, gradients: gradients)
        return outcome
    }

    /// The loss of a batch and its gradients by the parameters' names, with the dropout of the next step.
    package func gradients(of batch: TripletBatch) throws(TrainingError) -> (Outcome, [String: Tensor]) {
        try check(batch)
        return try gradients(of: TripletInput(batch))
    }

    private func gradients(of input: TripletInput) throws(TrainingError) -> (Outcome, [String: Tensor]) {
        let sums = model.networks.map { _ in WeightGradients() }
        let tunings = parameters.tunings(model.networks, scale: scale) { network in
            guard options.dropout > 0 else { return nil }
            let seed = SeededGenerator.mixed(
                options.seed &+ SeededGenerator.mixed(UInt64(steps) << 8 &+ UInt64(network)))
            return Dropout(probability: options.dropout, seed: seed)
        }
        let outcome = run(input, tunings: tunings) { recording, gradient in
            recording.backward(gradient, wanting: .updates, into: sums)
        }
        guard outcome.loss.isFinite else { throw diverged("loss") }
        return (outcome, LoRAParameters.named(sums))
    }

    /// The loss and the agreement of triplets, without dropout; nothing is learnt.
    /// - Throws: `TrainingError` with `.badBatch`.
    public func validate(_ batch: TripletBatch) throws(TrainingError) -> Outcome {
        try check(batch)
        return validate(TripletInput(batch))
    }

    /// As `validate` of a batch.
    func validate(_ input: TripletInput) -> Outcome {
        let tunings = parameters.tunings(model.networks, scale: scale) { _ in nil }
        return run(input, tunings: tunings, backward: nil)
    }

    /// Takes a batch through the networks, some triplets at a time.
    private func run(
        _ batch: TripletInput, tunings: [LoRATuning], backward: ((EmbeddingRecording, [[Double]]) -> Void)?
    ) -> Outcome {
        var (loss, agreement) = (0.0, 0.0)
        for first in stride(from: 0, to: batch.count, by: options.tripletsTogether) {
            let range = first..<min(first + options.tripletsTogether, batch.count)
            let recording = EmbeddingRecording(
                model, batch.entry(range), tunings: tunings, firstImage: 3 * first,
                recomputes: options.recomputesBlocks || backward == nil, onlyUpdates: true)
            let rows = recording.embeddings.rows
            var gradients: [[Double]] = []
            for (i, vote) in batch.rightPreferred[range].enumerated() {
                let left = CosineDistance(rows[3 * i], rows[3 * i + 1])
                let right = CosineDistance(rows[3 * i], rows[3 * i + 2])
                let hinge = HingeLoss(
                    left: left.distance, right: right.distance, rightPreferred: vote, margin: options.margin)
                loss += hinge.value
                agreement += hinge.agreement
                let slope = hinge.slope / Double(batch.count)
                gradients.append(zip(left.gradientA, right.gradientA).map { slope * ($0 - $1) })
                gradients.append(left.gradientB.map { slope * $0 })
                gradients.append(right.gradientB.map { -slope * $0 })
            }
            if gradients.contains(where: { $0.contains { $0 != 0 } }) { backward?(recording, gradients) }
        }
        return Outcome(loss: loss / Double(batch.count), agreement: agreement / Double(batch.count))
    }

    private func check(_ batch: TripletBatch) throws(TrainingError) {
        let side = model.preprocessing.side
        guard batch.references.shape[2] == side && batch.references.shape[3] == side else {
            throw TrainingError(
                .badBatch, "triplets",
                "have images of \(batch.references.shape[3])x\(batch.references.shape[2]) pixels; "
                    + "\(model.description.name) takes \(side)x\(side)")
        }
    }

    private func diverged(_ what: String) -> TrainingError {
        TrainingError(
            .diverged, "step \(steps + 1)",
            "\(what) is not finite; lower the learning rate, and look for damaged images or weights")
    }
}

package import DreamSimNetworks

/// Tunes a model on human judgments, step by step: low-rank updates, a head, or all weights (`TrainingMethod`). The same
/// steps give the same numbers, whatever the number of threads.
///
/// ```swift
/// let trainer = try Trainer(model, .single)
/// for batch in batches { print(try trainer.step(batch).loss) }
/// try trainer.adapter.write(to: folder)
/// ```
///
/// Memory of all weights: six times theirs in single precision besides the model's own (the numbers, two means of Adam's,
/// their gradients, and arranged for both directions), and the activations of `tripletsTogether`.
///
/// Not for sharing between threads.
package final class Trainer {
    /// The model as it was.
    package let model: PerceptualModel
    /// How it is tuned.
    package let options: TrainingOptions
    private let parameters: any TunedParameters
    /// The numbers that are learnt.
    private(set) var tensors: [String: Tensor]
    private(set) var adam: Adam

    package typealias Outcome = TrainingOutcome

    /// Starts anew.
    /// - Parameters:
    ///   - model: without an adapter and without a head. The published models were trained without normalization of
    ///     embeddings (`LoadingOptions.isNormalized`).
    ///   - options: the settings; `rank` and `alpha` are the adapter's when there is one, `hiddenWidth` the head's.
    ///   - adapter: the updates to start from; fresh ones when nil. Only for `.lora`.
    ///   - head: the head to start from; a fresh one when nil. Only for `.mlp`.
    /// - Throws: `DreamSimError` with `.badSetting`.
    package convenience init(
        _ model: PerceptualModel, _ options: TrainingOptions, from adapter: LoRAAdapter? = nil,
        head: EmbeddingHead? = nil
    ) throws(DreamSimError) {
        var options = options
        if let adapter {
            options.rank = adapter.rank
            options.alpha = adapter.scale * Float(adapter.rank)
        }
        if let head { options.hiddenWidth = head.hiddenWidth }
        let parameters = try Self.parameters(model, options, from: adapter, head: head)
        self.init(model, options, parameters, tensors: parameters.initial(), adam: Adam(options.adam))
    }

    /// Goes on with what is there.
    init(
        _ model: PerceptualModel, _ options: TrainingOptions, _ parameters: any TunedParameters,
        tensors: [String: Tensor], adam: Adam
    ) {
        (self.model, self.options, self.parameters) = (model, options, parameters)
        (self.tensors, self.adam) = (tensors, adam)
    }

    /// What a method learns of a model.
    static func parameters(
        _ model: PerceptualModel, _ options: TrainingOptions, from adapter: LoRAAdapter? = nil,
        head: EmbeddingHead? = nil
    ) throws(DreamSimError) -> any TunedParameters {
        try options.check()
        guard adapter == nil || options.method == .lora, head == nil || options.method == .mlp else {
            throw DreamSimError(
                .badSetting, "method \(options.method.rawValue)",
                "starts from no \(adapter == nil ? "head, which only mlp does" : "adapter, which only lora does")")
        }
        guard options.method == .mlp ? model.head == nil : model.isTunable else {
            throw DreamSimError(
                .badSetting, model.description.name,
                "has parts that are not transformers, parts of fixed shares, or a head, which are not trained this way; "
                    + (model.head == nil ? "a head can be (mlp)" : "load it without the head"))
        }
        return switch options.method {
        case .lora: try LoRAParameters(model, options, from: adapter)
        case .mlp: try HeadParameters(model, options, from: head)
        case .full: WeightParameters(model: model, recomputesBlocks: options.recomputesBlocks)
        }
    }

    /// Steps taken since the run began.
    package var steps: Int { adam.steps }

    /// What was learnt so far.
    package var result: TuningResult { parameters.result(of: tensors) }

    /// The low-rank updates as they are now; only of the method `.lora`.
    package var adapter: LoRAAdapter {
        guard case .adapter(let adapter) = result else {
            preconditionFailure("an adapter of the method \(options.method.rawValue); take `result`")
        }
        return adapter
    }

    /// Learns from a batch.
    /// - Returns: the loss and the agreement before the step, with dropout.
    /// - Throws: `DreamSimError` with `.badBatch` when the images are not of the model's size, or `.diverged` when the loss
    ///   or a gradient is not finite; then nothing has changed.
    @discardableResult
    package func step(_ batch: TripletBatch) throws(DreamSimError) -> Outcome {
        try step(accepted(batch))
    }

    /// Learns from triplets, as `step` of a batch does.
    func step(_ input: TripletInput) throws(DreamSimError) -> Outcome {
        let (outcome, gradients) = try gradients(of: input)
        for (name, gradient) in gradients.sorted(by: { $0.key < $1.key }) {
            guard gradient.isFinite else { throw diverged(name) }
        }
        adam.step(&tensors, gradients: gradients)
        return outcome
    }

    /// The loss of a batch and its gradients by the parameters' names, with the dropout of the next step.
    package func gradients(of batch: TripletBatch) throws(DreamSimError) -> (Outcome, [String: Tensor]) {
        try gradients(of: accepted(batch))
    }

    private func gradients(of input: TripletInput) throws(DreamSimError) -> (Outcome, [String: Tensor]) {
        let pass = parameters.pass(with: tensors, step: steps)
        let outcome = run(input, pass, learns: true)
        guard outcome.loss.isFinite else { throw diverged("loss") }
        return (outcome, pass.gradients)
    }

    /// The loss and the agreement of triplets, without dropout; nothing is learnt.
    /// - Throws: `DreamSimError` with `.badBatch`.
    package func validate(_ batch: TripletBatch) throws(DreamSimError) -> Outcome {
        validate(try accepted(batch))
    }

    /// As `validate` of a batch.
    func validate(_ input: TripletInput) -> Outcome {
        run(input, parameters.pass(with: tensors, step: nil), learns: false)
    }

    /// Takes a batch through the networks, some triplets at a time.
    private func run(_ batch: TripletInput, _ pass: any TuningPass, learns: Bool) -> Outcome {
        var (loss, agreement) = (0.0, 0.0)
        var hasGradients = false
        for first in stride(from: 0, to: batch.count, by: options.tripletsTogether) {
            let range = first..<min(first + options.tripletsTogether, batch.count)
            let rows = pass.embed(batch, range)
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
            // Triplets that cost nothing need no backward pass; where none does, Adam continues with gradients
            // of zero.
            let isLast = range.upperBound == batch.count
            if learns, gradients.contains(where: { $0.contains { $0 != 0 } }) || isLast && !hasGradients {
                pass.backward(gradients)
                hasGradients = true
            }
        }
        return Outcome(loss: loss / Double(batch.count), agreement: agreement / Double(batch.count))
    }

    /// A batch as the method takes it: a head learns from embeddings, which images are turned into.
    private func accepted(_ batch: TripletBatch) throws(DreamSimError) -> TripletInput {
        let (shape, side) = (batch.references.shape, model.preprocessing.side)
        let takesEmbeddings = options.method == .mlp
        guard shape.rank == 4 else {
            guard takesEmbeddings && shape[1] == model.width else {
                throw DreamSimError(
                    .badBatch, "triplets",
                    "are embeddings of \(shape[1]) components; "
                        + (takesEmbeddings
                            ? "those of \(model.description.name) have \(model.width)"
                            : "the method \(options.method.rawValue) learns from images"))
            }
            return TripletInput(batch)
        }
        guard shape[2] == side && shape[3] == side else {
            throw DreamSimError(
                .badBatch, "triplets",
                "have images of \(shape[3])x\(shape[2]) pixels; \(model.description.name) takes \(side)x\(side)")
        }
        return TripletInput(takesEmbeddings ? try embedded(batch) : batch)
    }

    /// Triplets as their embeddings, from which a head learns (`.mlp`); made once, they serve in every epoch.
    /// - Throws: `DreamSimError` with `.badBatch`.
    private func embedded(_ batch: TripletBatch) throws(DreamSimError) -> TripletBatch {
        try TripletBatch(
            references: model.embed(batch: batch.references), left: model.embed(batch: batch.left),
            right: model.embed(batch: batch.right), rightPreferred: batch.rightPreferred)
    }

    private func diverged(_ what: String) -> DreamSimError {
        DreamSimError(
            .diverged, "step \(steps + 1)",
            "\(what) is not finite; lower the learning rate, and look for damaged images or weights")
    }
}

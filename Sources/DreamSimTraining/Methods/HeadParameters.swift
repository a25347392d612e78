import DreamSimNetworks

/// A head after a model's joined features. Images are taken as their embeddings, since nothing below the head changes.
struct HeadParameters: TunedParameters {
    private let start: EmbeddingHead
    private let origin: EmbeddingHead.Origin

    /// - Parameters:
    ///   - model: without a head, and with embeddings that are not normalized.
    ///   - options: how wide a fresh head is, and its seed.
    ///   - head: what to start from; nil for a fresh one.
    /// - Throws: `DreamSimError` with `.badSetting`.
    init(_ model: PerceptualModel, _ options: TrainingOptions, from head: EmbeddingHead?) throws(DreamSimError) {
        guard !model.stamp.isNormalized || model.description.hasShares else {
            throw DreamSimError(
                .badSetting, model.description.name,
                "normalizes its embeddings, but a head comes before that; load it without (LoadingOptions.isNormalized)"
            )
        }
        if let head, head.width != model.width || head.hiddenWidth != options.hiddenWidth {
            throw DreamSimError(
                .badSetting, "head",
                "takes embeddings of \(head.width) components through \(head.hiddenWidth) units; "
                    + "\(model.description.name) has \(model.width), and \(options.hiddenWidth) units are asked for")
        }
        origin = EmbeddingHead.Origin(model: model.description.name, weights: model.stamp.weights)
        start = head ?? Self.fresh(width: model.width, hiddenWidth: options.hiddenWidth, seed: options.seed)
    }

    /// As PyTorch begins: every number uniform within 1 / sqrt(inputs).
    private static func fresh(width: Int, hiddenWidth: Int, seed: UInt64) -> EmbeddingHead {
        var generator = SeededGenerator(state: seed)
        var tensors: [String: Tensor] = [:]
        for (name, shape) in EmbeddingHead.shapes(width: width, hiddenWidth: hiddenWidth).sorted(by: { $0.key < $1.key }
        ) {
            let inputs = name.hasPrefix("fc1.") ? width : hiddenWidth
            tensors[name] = .uniform(shape, within: 1 / Float(inputs).squareRoot(), &generator)
        }
        return made(of: tensors)
    }

    private static func made(of tensors: [String: Tensor]) -> EmbeddingHead {
        do {
            return try EmbeddingHead(tensors)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    func initial() -> [String: Tensor] { start.tensors }

    func pass(with tensors: [String: Tensor], step: Int?) -> any TuningPass { Pass(Self.made(of: tensors)) }

    func result(of tensors: [String: Tensor]) -> TuningResult { .head(Self.made(of: tensors), origin) }

    /// Through the head alone.
    private final class Pass: TuningPass {
        private let head: EmbeddingHead
        private let sums = WeightGradients()
        private var made: EmbeddingHead.Pass?

        init(_ head: EmbeddingHead) { self.head = head }

        var gradients: [String: Tensor] { sums.tensors }

        func embed(_ input: TripletInput, _ range: Range<Int>) -> [[Float]] {
            let pass = head.forward(input.embeddings(range))
            made = pass
            return pass.output.rows
        }

        func backward(_ dEmbeddings: [[Double]]) {
            guard let made else { preconditionFailure("a backward pass before the forward pass") }
            let dOutput = Tensor(dEmbeddings.flatMap { $0.map { Float($0) } }, shape: made.output.shape)
            _ = head.backward(dOutput, of: made, into: sums)
        }
    }
}

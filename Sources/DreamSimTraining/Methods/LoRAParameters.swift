import DreamSimNetworks

/// The factors of low-rank updates beside a model's weights, by their names in a PEFT adapter.
struct LoRAParameters: TunedParameters {
    private let model: PerceptualModel
    private let options: TrainingOptions
    /// Of an adapter to start from.
    private let start: [String: Tensor]?

    /// - Parameters:
    ///   - options: rank and alpha are the adapter's when there is one.
    ///   - adapter: the updates to start from; fresh ones when nil.
    /// - Throws: `DreamSimError` with `.badSetting` when it does not have exactly the factors that are trained.
    init(_ model: PerceptualModel, _ options: TrainingOptions, from adapter: LoRAAdapter?) throws(DreamSimError) {
        (self.model, self.options) = (model, options)
        guard let adapter else {
            start = nil
            return
        }
        var found: [String: Tensor] = [:]
        for (index, layers) in adapter.updates {
            for (layer, update) in layers {
                found[Self.prefix(index) + layer + ".lora_A.weight"] = update.down
                found[Self.prefix(index) + layer + ".lora_B.weight"] = update.up
            }
        }
        guard found.mapValues(\.shape) == Self.fresh(model, options).mapValues(\.shape) else {
            throw DreamSimError(
                .badSetting, adapter.folder.path,
                "does not update the qkv layers of the tuned blocks, each of them and nothing else; it was made for "
                    + "another model, or with another number of layers")
        }
        start = found
    }

    func initial() -> [String: Tensor] { start ?? Self.fresh(model, options) }

    /// The factors of a fresh update: A uniform within 1 / sqrt(C) (Kaiming's with a = sqrt 5, as PEFT has it), B zero, so
    /// that the model starts as it is.
    private static func fresh(_ model: PerceptualModel, _ options: TrainingOptions) -> [String: Tensor] {
        var generator = SeededGenerator(state: options.seed)
        var tensors: [String: Tensor] = [:]
        for (index, blocks) in options.tunedBlocks(model).enumerated() {
            let width = model.networks[index].configuration.width
            for block in blocks {
                tensors[name(index, block, "A")] = .uniform(
                    [options.rank, width], within: 1 / Float(width).squareRoot(), &generator)
                tensors[name(index, block, "B")] = Tensor(zeros: [3 * width, options.rank])
            }
        }
        return tensors
    }

    func pass(with tensors: [String: Tensor], step: Int?) -> any TuningPass {
        let tunings = model.networks.indices.map { index in
            LoRATuning(updates(tensors, index), scale: scale, dropout: step.flatMap { dropout(index, in: $0) })
        }
        return Pass(model, tunings, recomputes: options.recomputesBlocks || step == nil)
    }

    private func dropout(_ network: Int, in step: Int) -> Dropout? {
        guard options.dropout > 0 else { return nil }
        let seed = SeededGenerator.mixed(options.seed &+ SeededGenerator.mixed(UInt64(step) << 8 &+ UInt64(network)))
        return Dropout(probability: options.dropout, seed: seed)
    }

    func result(of tensors: [String: Tensor]) -> TuningResult {
        let backbones = model.networks.indices.map { index in
            let layers = updates(tensors, index).map { ("blocks.\($0.key).attn.qkv", $0.value) }
            return (index, Dictionary(uniqueKeysWithValues: layers))
        }
        return .adapter(
            LoRAAdapter(rank: options.rank, scale: scale, updates: Dictionary(uniqueKeysWithValues: backbones)))
    }

    /// What B A is multiplied with.
    private var scale: Float { options.alpha / Float(options.rank) }

    private func updates(_ tensors: [String: Tensor], _ index: Int) -> [Int: LoRAAdapter.Update] {
        var updates: [Int: LoRAAdapter.Update] = [:]
        for block in 0..<model.networks[index].configuration.depth {
            guard let down = tensors[Self.name(index, block, "A")], let up = tensors[Self.name(index, block, "B")]
            else { continue }
            updates[block] = LoRAAdapter.Update(down: down, up: up)
        }
        return updates
    }

    private static func prefix(_ network: Int) -> String { LoRAAdapter.prefix(ofBackbone: network) }

    private static func name(_ network: Int, _ block: Int, _ half: String) -> String {
        prefix(network) + "blocks.\(block).attn.qkv.lora_\(half).weight"
    }

    /// Through the frozen networks with the factors beside them.
    private final class Pass: TuningPass {
        private let model: PerceptualModel
        private let tunings: [LoRATuning]
        private let recomputes: Bool
        private let sums: [WeightGradients]
        private var recording: EmbeddingRecording?

        init(_ model: PerceptualModel, _ tunings: [LoRATuning], recomputes: Bool) {
            (self.model, self.tunings, self.recomputes) = (model, tunings, recomputes)
            sums = tunings.map { _ in WeightGradients() }
        }

        var gradients: [String: Tensor] {
            var named: [String: Tensor] = [:]
            for (index, sum) in sums.enumerated() {
                for (name, tensor) in sum.tensors { named[prefix(index) + name + ".weight"] = tensor }
            }
            return named
        }

        func embed(_ input: TripletInput, _ range: Range<Int>) -> [[Float]] {
            // Two recordings at once would take twice the memory.
            recording = nil
            let made = EmbeddingRecording(
                model, input.entry(range), tunings: tunings, firstImage: 3 * range.lowerBound, recomputes: recomputes,
                onlyUpdates: true)
            recording = made
            return made.embeddings.rows
        }

        func backward(_ dEmbeddings: [[Double]]) {
            recording?.backward(dEmbeddings, wanting: .updates, into: sums)
        }
    }
}

extension Tensor {
    /// Numbers drawn evenly from -bound up to and without bound.
    static func uniform(_ shape: Shape, within bound: Float, _ generator: inout SeededGenerator) -> Tensor {
        Tensor((0..<shape.count).map { _ in (Float(generator.next() >> 40) * 0x1p-23 - 1) * bound }, shape: shape)
    }
}

import Networks
import Randomness
import Tensors

/// The trainable factors of a model's low-rank updates, by their names in a PEFT adapter.
struct LoRAParameters {
    var tensors: [String: Tensor]
    let rank: Int

    /// The factors of a fresh update: A uniform within 1 / sqrt(C) (Kaiming's with a = sqrt 5, as PEFT has it), B zero, so
    /// that the model starts as it is.
    /// - Parameter blocks: those of each network that have an update.
    init(_ networks: [VisionTransformer], blocks: [Range<Int>], rank: Int, seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        self.rank = rank
        tensors = [:]
        for (index, network) in networks.enumerated() {
            let width = network.configuration.width
            let bound = 1 / Float(width).squareRoot()
            for block in blocks[index] {
                let values = (0..<(rank * width)).map { _ in
                    (Float(generator.next() >> 40) * 0x1p-23 - 1) * bound
                }
                tensors[Self.name(index, block, "A")] = Tensor(values, shape: [rank, width])
                tensors[Self.name(index, block, "B")] = Tensor(zeros: [3 * width, rank])
            }
        }
    }

    /// The factors of an adapter.
    /// - Throws: `TrainingError` with `.badSetting` when it does not have exactly the factors that are trained.
    init(
        _ networks: [VisionTransformer], blocks: [Range<Int>], _ adapter: LoRAAdapter
    ) throws(TrainingError) {
        self.init(networks, blocks: blocks, rank: adapter.rank, seed: 0)
        var found: [String: Tensor] = [:]
        for (index, layers) in adapter.updates {
            for (layer, update) in layers {
                found[Self.prefix(index) + layer + ".lora_A.weight"] = update.down
                found[Self.prefix(index) + layer + ".lora_B.weight"] = update.up
            }
        }
        guard found.mapValues(\.shape) == tensors.mapValues(\.shape) else {
            throw TrainingError(
                .badSetting, adapter.folder.path,
                "does not update the qkv layers of the tuned blocks, each of them and nothing else; it was made for "
                    + "another model, or with another number of layers (--layers)")
        }
        tensors = found
    }

    /// The factors beside each network, for a pass.
    func tunings(_ networks: [VisionTransformer], scale: Float, dropout: (Int) -> Dropout?) -> [LoRATuning] {
        networks.enumerated().map { index, network in
            LoRATuning(updates(network, index), scale: scale, dropout: dropout(index))
        }
    }

    /// As an adapter.
    func adapter(_ networks: [VisionTransformer], scale: Float) -> LoRAAdapter {
        let backbones = networks.enumerated().map { index, network in
            let layers = updates(network, index).map { ("blocks.\($0.key).attn.qkv", $0.value) }
            return (index, Dictionary(uniqueKeysWithValues: layers))
        }
        return LoRAAdapter(rank: rank, scale: scale, updates: Dictionary(uniqueKeysWithValues: backbones))
    }

    private func updates(_ network: VisionTransformer, _ index: Int) -> [Int: LoRAAdapter.Update] {
        var updates: [Int: LoRAAdapter.Update] = [:]
        for block in 0..<network.configuration.depth {
            guard let down = tensors[Self.name(index, block, "A")], let up = tensors[Self.name(index, block, "B")]
            else { continue }
            updates[block] = LoRAAdapter.Update(down: down, up: up)
        }
        return updates
    }

    /// The gradients of some networks' passes under the parameters' names.
    static func named(_ sums: [WeightGradients]) -> [String: Tensor] {
        var named: [String: Tensor] = [:]
        for (index, sum) in sums.enumerated() {
            for (name, tensor) in sum.tensors { named[prefix(index) + name + ".weight"] = tensor }
        }
        return named
    }

    private static func prefix(_ network: Int) -> String { LoRAAdapter.prefix(ofBackbone: network) }

    private static func name(_ network: Int, _ block: Int, _ half: String) -> String {
        prefix(network) + "blocks.\(block).attn.qkv.lora_\(half).weight"
    }
}

import DreamSimCheckpoints
package import Foundation

/// A low-rank adapter (Hu et al. 2021) as PEFT writes it: a folder with `adapter_config.json` and
/// `adapter_model.safetensors` or `adapter_model.bin`.
package struct LoRAAdapter: Sendable {
    /// The folder it was read from; the root when it was made in memory.
    package let folder: URL
    /// r, the rank of every update.
    package let rank: Int
    /// What B A is multiplied with: lora_alpha / r, or lora_alpha / sqrt(r) for rank-stabilized adapters.
    package let scale: Float
    /// For every backbone, by its index, the updates of its layers by canonical name, such as `blocks.0.attn.qkv`.
    package let updates: [Int: [String: Update]]

    /// The two factors of one layer's update.
    package struct Update: Sendable {
        /// A, [r, inputs].
        package let down: Tensor
        /// B, [outputs, r].
        package let up: Tensor

        /// Joins the two factors.
        package init(down: Tensor, up: Tensor) {
            precondition(
                down.shape.rank == 2 && up.shape.rank == 2 && down.shape[0] == up.shape[1],
                "factors of shapes \(down.shape) and \(up.shape)")
            self.down = down
            self.up = up
        }
    }

    /// The files of an adapter folder, in the order in which they are looked for.
    package static let weightFiles = ["adapter_model.safetensors", "adapter_model.bin"]
    package static let configurationFile = "adapter_config.json"

    /// Reads an adapter.
    /// - Parameter folder: the folder that PEFT's `save_pretrained` made.
    /// - Throws: `DreamSimError` with `.badAdapter` when it is broken or of a kind that is not supported;
    ///   `DreamSimError` when its weights cannot be read.
    package init(folder: URL) throws {
        let configuration = try AdapterConfiguration(
            contentsOf: folder.appending(path: Self.configurationFile))
        let candidates = Self.weightFiles.map { folder.appending(path: $0) }
        guard let file = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            throw DreamSimError(
                .badAdapter, folder.path, "has neither \(Self.weightFiles.joined(separator: " nor "))")
        }
        let updates = try Self.updates(in: Checkpoint(contentsOf: file), rank: configuration.rank)
        self.init(folder: folder, rank: configuration.rank, scale: configuration.scale, updates: updates)
    }

    /// Joins updates that were made in memory.
    /// - Parameters:
    ///   - rank: of every update.
    ///   - scale: what B A is multiplied with.
    ///   - updates: for every backbone, by its index, those of its layers by canonical name.
    package init(rank: Int, scale: Float, updates: [Int: [String: Update]]) {
        precondition(
            updates.values.allSatisfy { $0.values.allSatisfy { $0.down.shape[0] == rank } },
            "updates that are not all of rank \(rank)")
        self.init(folder: URL(filePath: "/", directoryHint: .isDirectory), rank: rank, scale: scale, updates: updates)
    }

    private init(folder: URL, rank: Int, scale: Float, updates: [Int: [String: Update]]) {
        self.folder = folder
        self.rank = rank
        self.scale = scale
        self.updates = updates
    }

    /// The weights with this adapter's updates added: W + scale * B A.
    /// - Parameters:
    ///   - weights: a backbone's weights under canonical names.
    ///   - backbone: the backbone's index in the adapter.
    /// - Throws: `DreamSimError` with `.badAdapter` when an update fits no layer.
    package func merged(into weights: WeightSet, backbone: Int) throws(DreamSimError) -> WeightSet {
        guard let updates = updates[backbone] else {
            throw DreamSimError(
                .badAdapter, folder.path,
                "holds no updates for backbone \(backbone); it was made for another model")
        }
        var merged = weights
        for (layer, update) in updates.sorted(by: { $0.key < $1.key }) {
            guard var weight = merged.tensors[layer + ".weight"] else {
                throw DreamSimError(
                    .badAdapter, folder.path, key: layer,
                    "is not a layer of \(weights.origin); the adapter was made for another base")
            }
            let shape: Shape = [update.up.shape[0], update.down.shape[1]]
            guard weight.shape == shape else {
                throw DreamSimError(
                    .badAdapter, folder.path, key: layer,
                    "updates a weight of shape \(shape), but the base has \(weight.shape); "
                        + "the adapter was made for another base")
            }
            weight.withUnsafeMutableBufferPointer { weight in
                update.up.withUnsafeBufferPointer { up in
                    update.down.withUnsafeBufferPointer { down in
                        multiply(
                            MatrixView(reading: up.baseAddress!, rows: shape[0], columns: rank), .none,
                            MatrixView(reading: down.baseAddress!, rows: rank, columns: shape[1]), .none,
                            into: MatrixView(weight.baseAddress!, rows: shape[0], columns: shape[1]),
                            scale: scale, keep: 1)
                    }
                }
            }
            merged.tensors[layer + ".weight"] = weight
        }
        return merged
    }
}

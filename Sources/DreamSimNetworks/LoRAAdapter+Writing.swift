import DreamSimCheckpoints
package import Foundation

extension LoRAAdapter {
    /// What stands before the layers' names of a backbone, as PEFT names them in DreamSim's own model.
    package static func prefix(ofBackbone index: Int) -> String {
        "base_model.model.extractor_list.\(index).model."
    }

    /// Writes the adapter as PEFT does, so that the Python reference and `peft` load it: `adapter_config.json`, then
    /// `adapter_model.safetensors`, each of which appears whole or not at all.
    ///
    /// In a folder that holds an adapter with the same rank and scale, the adapter is thus always a whole one.
    /// - Parameters:
    ///   - folder: made when it is not there.
    ///   - dropout: what the adapter was trained with, for the record.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func write(to folder: URL, dropout: Float = 0) throws {
        try Folder.make(folder.path)
        // A short name stands for that layer in all blocks; when only upper blocks are tuned, each is named.
        let namesEach = updates.values.contains { !$0.keys.contains { $0.hasPrefix("blocks.0.") } }
        var layers: Set<String> = []
        var tensors: [(name: String, tensor: Tensor)] = []
        for (index, updates) in updates.sorted(by: { $0.key < $1.key }) {
            for (layer, update) in updates.sorted(by: { $0.key < $1.key }) {
                let short = layer.split(separator: ".").last.map(String.init) ?? layer
                layers.insert(namesEach ? "extractor_list.\(index).model.\(layer)" : short)
                let name = Self.prefix(ofBackbone: index) + layer
                tensors.append((name + ".lora_A.weight", update.down))
                tensors.append((name + ".lora_B.weight", update.up))
            }
        }
        let configuration: [String: Any] = [
            "peft_type": "LORA", "r": rank, "lora_alpha": Double(scale * Float(rank)),
            "lora_dropout": (Double(dropout) * 1e6).rounded() / 1e6, "bias": "none",
            "target_modules": layers.sorted(), "fan_in_fan_out": false, "inference_mode": true,
            "init_lora_weights": true, "modules_to_save": NSNull(), "task_type": NSNull(),
            "base_model_name_or_path": NSNull(), "use_rslora": false, "use_dora": false,
        ]
        let json = try JSONSerialization.data(
            withJSONObject: configuration, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(Array(json), to: folder.appending(path: Self.configurationFile).path.utf8)
        } catch {
            throw DreamSimError(error)
        }
        try SafetensorsWriter.write(
            tensors, metadata: ["format": "pt"], to: folder.appending(path: Self.weightFiles[0]))
    }
}

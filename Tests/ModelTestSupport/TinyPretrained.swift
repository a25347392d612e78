import DreamSimCheckpoints
package import Foundation
import TestSupport

/// The small transformers of newer families as folders that Hugging Face's tools make.
package enum TinyPretrained {
    /// Makes a folder of a recorded transformer.
    /// - Parameters:
    ///   - family: such as `dinov3_hf`.
    ///   - shards: into how many files the weights are divided; 1 for none.
    package static func write(_ family: String, to folder: URL, shards: Int = 1) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: Fixtures.file("backbones/\(family).config.json"), to: folder.appending(path: "config.json"))
        let weights = Fixtures.file("backbones/\(family).safetensors")
        guard shards > 1 else {
            return try FileManager.default.copyItem(at: weights, to: folder.appending(path: "model.safetensors"))
        }
        let checkpoint = try Checkpoint(contentsOf: weights)
        var places: [String: String] = [:]
        for shard in 0..<shards {
            let file = "model-0000\(shard + 1)-of-0000\(shards).safetensors"
            let names = checkpoint.names.enumerated().filter { $0.offset % shards == shard }.map(\.element)
            for name in names { places[name] = file }
            try SafetensorsWriter.write(
                names.map { (name: $0, tensor: try checkpoint.tensor($0)) }, to: folder.appending(path: file))
        }
        try JSONSerialization.data(withJSONObject: ["metadata": ["total_size": 1], "weight_map": places])
            .write(to: folder.appending(path: "model.safetensors.index.json"))
    }
}

import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// All published models at full size, with synthetic weights that any implementation makes from their names, against what
/// the Python reference gave for nine photographs. The weights pass through files in the released layout.
@Suite(
    "Published models against the reference, full size", .serialized,
    .enabled(if: Fixtures.shared != nil, "\(Fixtures.sharedIsMissing)"))
struct FullSizeTests {
    static let models = [
        "ensemble", "dino_vitb16", "clip_vitb32", "open_clip_vitb32", "dinov2_vitb14", "synclr_vitb16",
        "dino_vitb16_patch", "dinov2_vitb14_patch",
    ]

    @Test("Embeddings within 1e-5 relative, distances within 2e-5", arguments: models)
    func parity(name: String) async throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let description = try #require(Catalog.model(named: name))
        try Self.writeRelease(of: description, to: folder)
        var store = ModelStore.Configuration(home: folder.appending(path: "home"), weightsFolder: folder)
        store.isOffline = true
        let model = try await PerceptualModel.load(
            description,
            options: PerceptualModel.LoadingOptions(
                store: store, preprocessing: .reference, isNormalized: true, keepsMergedFile: false))

        let golden = try Checkpoint(
            contentsOf: try #require(Fixtures.shared).appending(path: "golden/full_models.safetensors"))
        let bytes = try #require(golden["preprocessed"]).loadBytes()
        let size = 224 * 224 * 3
        let squares = (0..<9).map { n in
            Image(width: 224, height: 224, pixels: Array(bytes[(n * size)..<((n + 1) * size)]))
        }
        let embeddings = model.embed(preprocessed: squares)
        let expected = try golden.tensor("\(name).embedding").values
        for (n, embedding) in embeddings.enumerated() {
            let width = model.width
            let difference = Difference(embedding.values, Array(expected[(n * width)..<((n + 1) * width)]))
            #expect(difference.relativeL2 <= 1e-5, "image \(n): \(difference)")
        }
        let distances = try golden.tensor("\(name).distance").values
        for t in 0..<3 {
            let reference = embeddings[3 * t + 1]
            #expect(abs(try reference.distance(to: embeddings[3 * t]) - Double(distances[2 * t])) <= 2e-5)
            #expect(abs(try reference.distance(to: embeddings[3 * t + 2]) - Double(distances[2 * t + 1])) <= 2e-5)
        }
    }

    /// Writes a model's files as its release unpacks. Readers go by content, so that safetensors may bear any name.
    private static func writeRelease(of description: ModelDescription, to folder: URL) throws {
        func write(_ tensors: [(name: String, tensor: Tensor)], _ path: String) throws {
            let url = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try SafetensorsWriter.write(tensors, metadata: [:], to: url)
        }
        let adapter = try #require(description.adapter)
        var lora: [(name: String, tensor: Tensor)] = []
        for (index, part) in description.parts.enumerated() {
            guard case .transformer(let c, _) = part.extractor else { continue }
            try write(
                VisionTransformer.weightShapes(of: c).keys.sorted().map { name in
                    (name, SyntheticWeights.tensor(part.name, name, shape(name, c)))
                }, part.files[0].path)
            for block in 0..<c.depth {
                for (half, shape) in [("A", [16, c.width] as Shape), ("B", [3 * c.width, 16])] {
                    let name =
                        "base_model.model.extractor_list.\(index).model.blocks.\(block).attn.qkv.lora_\(half).weight"
                    lora.append((name, SyntheticWeights.tensor(adapter, name, shape)))
                }
            }
        }
        try write(lora, adapter + "/adapter_model.safetensors")
        try Data(#"{"peft_type": "LORA", "r": 16, "lora_alpha": 0.5, "bias": "none"}"#.utf8).write(
            to: folder.appending(path: adapter + "/adapter_config.json"))
    }

    private static func shape(_ name: String, _ c: VisionTransformerConfiguration) -> Shape {
        let (width, hidden) = (c.width, c.mlpWidth)
        switch name {
        case "cls_token": return [1, 1, width]
        case "pos_embed": return [1, 1 + c.positionGrid * c.positionGrid, width]
        case "patch_embed.proj.weight": return [width, 3, c.patchSize, c.patchSize]
        case "proj": return [width, c.projectionWidth ?? 0]
        case _ where name.hasSuffix("attn.qkv.weight"): return [3 * width, width]
        case _ where name.hasSuffix("attn.qkv.bias"): return [3 * width]
        case _ where name.hasSuffix("attn.proj.weight"): return [width, width]
        case _ where name.hasSuffix("mlp.fc1.weight"): return [hidden, width]
        case _ where name.hasSuffix("mlp.fc1.bias"): return [hidden]
        case _ where name.hasSuffix("mlp.fc2.weight"): return [width, hidden]
        default: return [width]
        }
    }
}

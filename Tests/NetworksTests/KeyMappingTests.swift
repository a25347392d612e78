import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// The same small transformer under the names of every family must be the same network.
@Suite("Key conventions")
struct KeyMappingTests {
    /// Renames canonical weights as Hugging Face, OpenAI and others do, which is the inverse of what is tested.
    static func renamed(_ weights: [String: Tensor], _ style: String) -> [(name: String, tensor: Tensor)] {
        var result: [(name: String, tensor: Tensor)] = []
        func split(_ tensor: Tensor, _ names: [String]) {
            let rows = tensor.shape[0] / 3
            let tail = Array(tensor.shape.dimensions.dropFirst())
            let size = tensor.count / 3
            for (i, name) in names.enumerated() {
                result.append((name, Tensor(tensor.values[(i * size)..<((i + 1) * size)], shape: Shape([rows] + tail))))
            }
        }
        for (key, tensor) in weights.sorted(by: { $0.key < $1.key }) {
            let parts = key.split(separator: ".").map(String.init)
            let (block, leaf) = (parts.count > 2 && parts[0] == "blocks" ? parts[1] : "", parts.last ?? "")
            let layer =
                block.isEmpty ? parts.dropLast().joined(separator: ".") : parts[2...].dropLast().joined(separator: ".")
            switch style {
            case "dino":
                result.append((key, tensor))
            case "vit", "dinov2":
                let layers =
                    style == "vit"
                    ? [
                        "norm1": "layernorm_before", "norm2": "layernorm_after", "mlp.fc1": "intermediate.dense",
                        "mlp.fc2": "output.dense", "attn.proj": "attention.output.dense",
                    ]
                    : [
                        "norm1": "norm1", "norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
                        "attn.proj": "attention.output.dense", "ls1": "layer_scale1", "ls2": "layer_scale2",
                    ]
                let top = [
                    "cls_token": "embeddings.cls_token", "pos_embed": "embeddings.position_embeddings",
                    "register_tokens": "embeddings.register_tokens",
                    "patch_embed.proj.weight": "embeddings.patch_embeddings.projection.weight",
                    "patch_embed.proj.bias": "embeddings.patch_embeddings.projection.bias",
                    "norm.weight": "layernorm.weight", "norm.bias": "layernorm.bias",
                ]
                if block.isEmpty {
                    if let name = top[key] { result.append((name, tensor)) }
                } else if layer == "attn.qkv" {
                    split(
                        tensor,
                        ["query", "key", "value"].map { "encoder.layer.\(block).attention.attention.\($0).\(leaf)" })
                } else if let name = layers[layer] {
                    result.append(("encoder.layer.\(block).\(name).\(leaf == "gamma" ? "lambda1" : leaf)", tensor))
                }
            case "clip":
                let layers = [
                    "norm1": "layer_norm1", "norm2": "layer_norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
                    "attn.proj": "self_attn.out_proj",
                ]
                let top = [
                    "cls_token": "embeddings.class_embedding", "pos_embed": "embeddings.position_embedding.weight",
                    "patch_embed.proj.weight": "embeddings.patch_embedding.weight",
                    "pos_drop.weight": "pre_layrnorm.weight", "pos_drop.bias": "pre_layrnorm.bias",
                    "norm.weight": "post_layernorm.weight", "norm.bias": "post_layernorm.bias",
                ]
                if key == "proj" {
                    result.append(("visual_projection.weight", tensor.transposed()))
                } else if key == "cls_token" {
                    result.append(("vision_model.embeddings.class_embedding", tensor.reshaped([tensor.count])))
                } else if block.isEmpty {
                    if let name = top[key] { result.append(("vision_model." + name, tensor)) }
                } else if layer == "attn.qkv" {
                    split(
                        tensor,
                        ["q", "k", "v"].map { "vision_model.encoder.layers.\(block).self_attn.\($0)_proj.\(leaf)" })
                } else if let name = layers[layer] {
                    result.append(("vision_model.encoder.layers.\(block).\(name).\(leaf)", tensor))
                }
            default:
                let layers = [
                    "norm1": "ln_1.", "norm2": "ln_2.", "mlp.fc1": "mlp.c_fc.", "mlp.fc2": "mlp.c_proj.",
                    "attn.proj": "attn.out_proj.", "attn.qkv": "attn.in_proj_",
                ]
                let top = [
                    "cls_token": "class_embedding", "pos_embed": "positional_embedding", "proj": "proj",
                    "patch_embed.proj.weight": "conv1.weight", "pos_drop.weight": "ln_pre.weight",
                    "pos_drop.bias": "ln_pre.bias", "norm.weight": "ln_post.weight", "norm.bias": "ln_post.bias",
                ]
                if block.isEmpty {
                    if let name = top[key] { result.append(("visual." + name, tensor)) }
                } else if let name = layers[layer] {
                    result.append(("visual.transformer.resblocks.\(block).\(name)\(leaf)", tensor))
                }
            }
        }
        return result
    }

    static func weights(_ family: String) throws -> [String: Tensor] {
        let checkpoint = try Checkpoint(contentsOf: Fixtures.file("tiny/\(family).safetensors"))
        var weights = Dictionary(
            uniqueKeysWithValues: try checkpoint.names.filter { $0 != "mask_token" }.map {
                ($0, try checkpoint.tensor($0))
            })
        // OpenAI's and Hugging Face's CLIP have no such bias.
        if family == "clip" { weights["patch_embed.proj.bias"] = Tensor(zeros: [48]) }
        return weights
    }

    @Test(
        "One network under the names of every family",
        arguments: [
            ("dino", "dino", ""), ("dino", "vit", ""), ("dino", "vit", "vit."), ("dino", "dino", "state_dict."),
            ("dino", "dino", "model.module.visual."), ("dinov2", "dinov2", ""), ("dinov2_reg4", "dinov2", "backbone."),
            ("clip", "clip", ""), ("clip", "openai", ""),
        ])
    func conventions(family: String, style: String, prefix: String) throws {
        let configuration = try GoldenTests.configuration(family)
        let weights = try Self.weights(family)
        let tensors = Self.renamed(weights, style).map { (name: prefix + $0.name, tensor: $0.tensor) }
        let set = try Self.load(tensors, configuration)
        let input = try GoldenTests.input(family)
        let expected = try VisionTransformer(configuration, weights: WeightSet(origin: "memory", tensors: weights))
        let actual = try VisionTransformer(configuration, weights: set)
        #expect(actual.tokens(of: input, through: 2) == expected.tokens(of: input, through: 2))
        #expect(set.tensors.keys.sorted() == weights.keys.sorted())
    }

    @Test("Of a student and its teacher the teacher is taken")
    func teacher() throws {
        let weights = try Self.weights("dino")
        let zeros = weights.mapValues { Tensor(zeros: $0.shape) }
        let tensors =
            Self.renamed(zeros, "dino").map { (name: "student.module.backbone." + $0.name, tensor: $0.tensor) }
            + Self.renamed(weights, "dino").map { (name: "teacher.backbone." + $0.name, tensor: $0.tensor) }
        let set = try Self.load(tensors, GoldenTests.configuration("dino"))
        #expect(set.tensors["norm.weight"] == weights["norm.weight"])
    }

    @Test("A missing weight is named and never invented")
    func missing() throws {
        let tensors = Self.renamed(try Self.weights("dino"), "vit").filter {
            $0.name != "encoder.layer.1.attention.attention.key.weight"
        }
        let error = try #require(throws: DreamSimError.self) {
            try Self.load(tensors, GoldenTests.configuration("dino"))
        }
        #expect(error.kind == .missingWeight)
        #expect(error.key == "encoder.layer.1.attention.attention.key.weight")
    }

    @Test("A weight without a place is named and never ignored")
    func unexpected() throws {
        var configuration = try GoldenTests.configuration("dino")
        configuration.depth = 2
        let error = try #require(throws: DreamSimError.self) {
            try Self.load(Self.renamed(Self.weights("dino"), "dino"), configuration)
        }
        #expect(error.kind == .unexpectedWeight)
        #expect(error.key?.hasPrefix("blocks.2.") == true)
    }

    @Test("A weight of another shape is refused with both shapes")
    func shapes() throws {
        var configuration = try GoldenTests.configuration("dino")
        configuration.mlpWidth = 96
        let error = try #require(throws: DreamSimError.self) {
            try VisionTransformer(
                configuration, weights: Self.load(Self.renamed(Self.weights("dino"), "dino"), configuration))
        }
        #expect(error.kind == .shapeMismatch)
        #expect(error.reason.contains("[192, 48]") && error.reason.contains("[96, 48]"))
    }

    @Test("A file without a transformer is refused with its first names")
    func unknownLayout() throws {
        let error = try #require(throws: DreamSimError.self) {
            try Self.load([("features.0.weight", Tensor(zeros: [2]))], GoldenTests.configuration("dino"))
        }
        #expect(error.kind == .unknownLayout)
        #expect(error.reason.contains("features.0.weight"))
    }

    @Test("A configuration that is no network is refused by its key")
    func badConfiguration() throws {
        var configuration = try GoldenTests.configuration("dino")
        configuration.heads = 5
        let error = try #require(throws: DreamSimError.self) {
            try VisionTransformer(configuration, weights: WeightSet(origin: "memory", tensors: [:]))
        }
        #expect(error.kind == .badConfiguration && error.key == "heads")
    }

    static func load(
        _ tensors: [(name: String, tensor: Tensor)], _ configuration: VisionTransformerConfiguration
    ) throws -> WeightSet {
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "weights.safetensors")
            try SafetensorsWriter.write(tensors, metadata: [:], to: file)
            return try WeightSet(Checkpoint(contentsOf: file), for: configuration)
        }
    }
}

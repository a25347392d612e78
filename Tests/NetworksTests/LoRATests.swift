import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("LoRA adapters")
struct LoRATests {
    static let key = "base_model.model.extractor_list.0.model.blocks.1.attn.qkv"

    /// A folder as PEFT writes it, with what a test changes.
    static func adapter(
        _ folder: URL, configuration: [String: Any] = [:],
        tensors: [(name: String, tensor: Tensor)]? = nil
    ) throws -> URL {
        var json: [String: Any] = ["peft_type": "LORA", "r": 4, "lora_alpha": 2, "bias": "none"]
        json.merge(configuration) { $1 }
        try JSONSerialization.data(withJSONObject: json).write(to: folder.appending(path: "adapter_config.json"))
        try SafetensorsWriter.write(
            tensors ?? [(key + ".lora_A.weight", down), (key + ".lora_B.weight", up)], metadata: [:],
            to: folder.appending(path: "adapter_model.safetensors"))
        return folder
    }

    static func random(_ shape: Shape, _ seed: UInt64) -> Tensor {
        var generator = SeededGenerator(state: seed)
        return Tensor((0..<shape.count).map { _ in Float.random(in: -1...1, using: &generator) }, shape: shape)
    }
    static let down = random([4, 48], 1)
    static let up = random([144, 4], 2)

    static func base() throws -> WeightSet {
        let configuration = try GoldenTests.configuration("dino")
        return try WeightSet(
            Checkpoint(contentsOf: Fixtures.file("tiny/dino.safetensors")), for: configuration)
    }

    @Test("Merging adds alpha / r times B A, or alpha / sqrt r when stabilized", arguments: [false, true])
    func merging(stabilized: Bool) throws {
        try Fixtures.withTemporaryFolder { folder in
            let adapter = try LoRAAdapter(
                folder: Self.adapter(folder, configuration: ["use_rslora": stabilized]))
            let base = try Self.base()
            let merged = try adapter.merged(into: base, backbone: 0)
            let scale: Double = stabilized ? 2 / 2 : 2 / 4
            let before = try #require(base.tensors["blocks.1.attn.qkv.weight"]).values
            let (up, down) = (Self.up.values.map(Double.init), Self.down.values.map(Double.init))
            var expected = before
            for o in 0..<144 {
                for i in 0..<48 {
                    var product = 0.0
                    for k in 0..<4 { product += up[o * 4 + k] * down[k * 48 + i] }
                    expected[o * 48 + i] = Float(Double(before[o * 48 + i]) + scale * product)
                }
            }
            let difference = Difference(
                try #require(merged.tensors["blocks.1.attn.qkv.weight"]).values, expected)
            #expect(difference.relativeL2 < 1e-6, "\(difference)")
            #expect(merged.tensors["blocks.0.attn.qkv.weight"] == base.tensors["blocks.0.attn.qkv.weight"])
        }
    }

    @Test("Any linear layer can be updated, also of an adapter for a bare transformer")
    func otherLayers() throws {
        try Fixtures.withTemporaryFolder { folder in
            let adapter = try LoRAAdapter(
                folder: Self.adapter(
                    folder,
                    tensors: [
                        ("base_model.model.blocks.2.mlp.fc1.lora_A.weight", Self.down),
                        ("base_model.model.blocks.2.mlp.fc1.lora_B.weight", Self.random([192, 4], 3)),
                    ]))
            let base = try Self.base()
            let merged = try adapter.merged(into: base, backbone: 0)
            #expect(merged.tensors["blocks.2.mlp.fc1.weight"] != base.tensors["blocks.2.mlp.fc1.weight"])
        }
    }

    @Test(
        "What is no usable configuration is refused by its key",
        arguments: [
            ("r", "0"), ("r", "1000000000"), ("r", "1.5"), ("lora_alpha", "\"x\""), ("lora_alpha", "null"),
            ("peft_type", "\"LOHA\""), ("use_dora", "true"), ("fan_in_fan_out", "true"), ("bias", "\"all\""),
            ("rank_pattern", "{\"a\": 2}"), ("alpha_pattern", "{\"a\": 2}"), ("modules_to_save", "[\"norm\"]"),
        ])
    func badConfiguration(key: String, value: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            let json = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
            let error = try #require(throws: DreamSimError.self) {
                try LoRAAdapter(folder: Self.adapter(folder, configuration: [key: json]))
            }
            #expect(error.kind == .badAdapter && error.key == key)
        }
    }

    @Test("A configuration with NaN, which is no JSON, is refused")
    func notANumber() throws {
        try Fixtures.withTemporaryFolder { folder in
            _ = try Self.adapter(folder)
            try Data(#"{"peft_type": "LORA", "r": 4, "lora_alpha": NaN}"#.utf8).write(
                to: folder.appending(path: "adapter_config.json"))
            let error = try #require(throws: DreamSimError.self) { try LoRAAdapter(folder: folder) }
            #expect(error.kind == .badAdapter)
        }
    }

    @Test("What is no sound pair of factors is refused by its name", arguments: 0..<8)
    func badTensors(index: Int) throws {
        let key = Self.key
        let a = (key + ".lora_A.weight", Self.down)
        let b = (key + ".lora_B.weight", Self.up)
        let cases: [(tensors: [(name: String, tensor: Tensor)], mention: String)] = [
            ([a], "halves"),
            ([b], "halves"),
            ([(key + ".lora_A.weight", Self.random([3, 48], 1)), b], "rank"),
            ([a, (key + ".lora_B.weight", Self.random([144], 1))], "matrix"),
            ([a, b, (key + ".lora_magnitude_vector", Self.up)], "kind"),
            ([("blocks.0.attn.qkv.weight", Self.up)], "PEFT"),
            ([a, (key + ".lora_B.weight", Tensor([Float](repeating: .nan, count: 576), shape: [144, 4]))], "NaN"),
            ([("base_model.model." + a.0, a.1), ("base_model.model." + b.0, b.1)], "v0.1"),
        ]
        try Fixtures.withTemporaryFolder { folder in
            let error = try #require(throws: DreamSimError.self) {
                try LoRAAdapter(folder: Self.adapter(folder, tensors: cases[index].tensors))
            }
            #expect(error.kind == .badAdapter)
            #expect(error.reason.contains(cases[index].mention), "\(error)")
        }
    }

    @Test("An adapter for another base is refused", arguments: 0..<3)
    func wrongBase(index: Int) throws {
        let tensors: [[(name: String, tensor: Tensor)]] = [
            // A block that the base does not have.
            [
                ("base_model.model.extractor_list.0.model.blocks.7.attn.qkv.lora_A.weight", Self.down),
                ("base_model.model.extractor_list.0.model.blocks.7.attn.qkv.lora_B.weight", Self.up),
            ],
            // Another width.
            [(Self.key + ".lora_A.weight", Self.random([4, 64], 1)), (Self.key + ".lora_B.weight", Self.up)],
            // Another backbone.
            [
                ("base_model.model.extractor_list.1.model.blocks.1.attn.qkv.lora_A.weight", Self.down),
                ("base_model.model.extractor_list.1.model.blocks.1.attn.qkv.lora_B.weight", Self.up),
            ],
        ]
        try Fixtures.withTemporaryFolder { folder in
            let adapter = try LoRAAdapter(folder: Self.adapter(folder, tensors: tensors[index]))
            let error = try #require(throws: DreamSimError.self) {
                try adapter.merged(into: Self.base(), backbone: 0)
            }
            #expect(error.kind == .badAdapter)
            #expect(error.reason.contains("another"), "\(error)")
        }
    }

    @Test(
        "A folder without weights, or without a configuration, is refused",
        arguments: [
            "adapter_config.json", "adapter_model.safetensors",
        ])
    func missingFiles(file: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            try FileManager.default.removeItem(at: Self.adapter(folder).appending(path: file))
            let error = try #require(throws: DreamSimError.self) { try LoRAAdapter(folder: folder) }
            #expect(error.kind == .badAdapter)
        }
    }
}

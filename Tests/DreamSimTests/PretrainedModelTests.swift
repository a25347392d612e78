import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Transformers as Hugging Face's tools keep them, taken as models.
@Suite("Models of transformers and timm")
struct PretrainedModelTests {
    private static func load(_ name: String, home: URL) async throws -> PerceptualModel {
        try await PerceptualModel.load(name, options: TinyModels.options(home: home, isNormalized: false))
    }

    @Test(
        "A folder is a model, in one file or divided into several",
        arguments: [("siglip_hf", 64), ("dinov3_hf", 64), ("eva02_timm", 70)])
    func folder(family: String, side: Int) async throws {
        try await Fixtures.withTemporaryFolderAsync { home in
            var embeddings: [[Float]] = []
            for shards in [1, 3] {
                let folder = home.appending(path: "\(family)-\(shards)")
                try TinyPretrained.write(family, to: folder, shards: shards)
                var options = TinyModels.options(home: home, isNormalized: false)
                options.preprocessing.side = side
                let model = try await PerceptualModel.load(folder.path, options: options)
                #expect(model.width == 64 && model.description.name == "\(family)-\(shards)")
                embeddings.append(model.embed(TinyModels.image(3)).values)
                // From the merged file now.
                let again = try await PerceptualModel.load(folder.path, options: options)
                #expect(again.embed(TinyModels.image(3)).values == embeddings.last)
            }
            #expect(embeddings[0] == embeddings[1])
            // What the network itself gives for the same pixels.
            let configuration = try PretrainedConfiguration(
                contentsOf: Fixtures.file("backbones/\(family).config.json")
            ).network()
            let network = try VisionTransformer(
                configuration,
                weights: WeightSet(
                    Checkpoint(contentsOf: Fixtures.file("backbones/\(family).safetensors")), for: configuration))
            let preprocessing = Preprocessing(side: side)
            let batch = preprocessing.batch([preprocessing.applied(to: TinyModels.image(3))])
            let features = network.features(Feature(.pooled), of: batch, centeringTokens: false)
            #expect(Difference(embeddings[0], features.values).relativeL2 < 1e-6)
        }
    }

    @Test("An input that is not as trained, and a feature of one's choice, are taken")
    func choices() async throws {
        try await Fixtures.withTemporaryFolderAsync { home in
            let folder = home.appending(path: "dinov3")
            try TinyPretrained.write("dinov3_hf", to: folder)
            var options = TinyModels.options(home: home, isNormalized: false)
            options.preprocessing.side = 112
            let whole = try await PerceptualModel.load(folder.path, options: options)
            let described = try whole.description.reading("patch_mean")
            let mean = try await PerceptualModel.load(described, options: options)
            #expect(whole.embed(TinyModels.image(1)) != mean.embed(TinyModels.image(1)))
            #expect(throws: DreamSimError.self) { try whole.description.reading("embedding") }
        }
    }

    @Test("What is no such folder is refused with what is wrong in it")
    func refused() async throws {
        try await Fixtures.withTemporaryFolderAsync { home in
            func reason(_ change: (URL) throws -> Void) async throws -> String {
                let folder = home.appending(path: UUID().uuidString)
                try TinyPretrained.write("siglip_hf", to: folder, shards: 2)
                try change(folder)
                do {
                    _ = try await Self.load(folder.path, home: home)
                    return "loaded"
                } catch {
                    return "\(error)"
                }
            }
            func write(_ text: String, _ name: String) -> (URL) throws -> Void {
                { try Data(text.utf8).write(to: $0.appending(path: name)) }
            }
            func remove(_ name: String) -> (URL) throws -> Void {
                { try FileManager.default.removeItem(at: $0.appending(path: name)) }
            }
            let config = "config.json"
            let index = "model.safetensors.index.json"
            let changes: [((URL) throws -> Void, String)] = [
                (remove(config), config), (write("{", config), "is not a JSON object"),
                (write("{}", config), "architecture"),
                (write(#"{"model_type": "bert"}"#, config), "'bert'"),
                (write(#"{"model_type": "siglip", "vision_config": {"hidden_size": -4}}"#, config), "width"),
                (write(#"{"model_type": "siglip", "vision_config": {"hidden_size": "x"}}"#, config), "hidden_size"),
                (write(#"{"model_type": "dinov3_vit", "hidden_act": "swoosh"}"#, config), "swoosh"),
                (
                    write(
                        #"{"architecture": "vit_base_patch16_siglip_224", "model_args": {"act_layer": "relu"}}"#,
                        config), "act_layer"
                ),
                (
                    write(#"{"architecture": "vit_base_patch16_siglip_224", "model_args": "x"}"#, config),
                    "is not a JSON object"
                ),
                (remove(index), "no weights"), (remove("model-00002-of-00002.safetensors"), "model-00002"),
                (write(#"{"weight_map": {"a": "../b"}}"#, index), "no file beside"),
                (write(#"{"weight_map": {"lost": "model-00001-of-00002.safetensors"}}"#, index), "'lost'"),
            ]
            for (change, expected) in changes {
                let found = try await reason(change)
                #expect(found.contains(expected))
            }
        }
    }

    @Test(
        "What is no name of a repository is refused",
        arguments: [
            "hf:", "hf:a", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a/b@", "hf:a/b@c@d", "hf:a/b@../c", "hf:a b/c",
            "hf:/b",
            "hf:a/b@refs/x",
        ])
    func names(name: String) {
        #expect(throws: DreamSimError.self) { try HuggingFaceRepository(name) }
    }

    @Test("A repository that is not here says so, and how it can be had without the network")
    func absent() async throws {
        try await Fixtures.withTemporaryFolderAsync { home in
            let error = try #require(
                await #expect(throws: DreamSimError.self) { try await Self.load("hf:owner/name@main", home: home) })
            #expect(error.kind == .weightsMissing && "\(error)".contains("give their folder as the model"))
        }
    }

    @Test("An ensemble is described by the names of its models, and its embedding joins theirs")
    func ensemble() async throws {
        try await Fixtures.withTemporaryFolderAsync { home in
            for family in ["dinov3_hf", "siglip_hf"] {
                try TinyPretrained.write(family, to: home.appending(path: family))
            }
            let json = home.appending(path: "ours.json")
            try Data(
                #"{"name": "ours", "backbones": [{"model": "dinov3_hf"}, {"model": "siglip_hf", "feature": "patch_mean"}]}"#
                    .utf8
            ).write(to: json)
            let model = try await Self.load(json.path, home: home)
            #expect(model.description.name == "ours" && model.width == 128)
            let image = TinyModels.image(5)
            let first = try await Self.load(home.appending(path: "dinov3_hf").path, home: home)
            let (joined, alone) = (model.embed(image).values, first.embed(image).values)
            #expect(Array(joined.prefix(64)) == alone)
            for broken in [#"{"model": "nonsense"}"#, "{}", #"{"model": "ours.json"}"#] {
                try Data(#"{"name": "bad", "backbones": [\#(broken)]}"#.utf8).write(
                    to: home.appending(path: "bad.json"))
                await #expect(throws: DreamSimError.self) {
                    try await Self.load(home.appending(path: "bad.json").path, home: home)
                }
            }
        }
    }
}

import DreamSim
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("The catalog")
struct CatalogTests {
    @Test("Names are unique, and every model can be fetched and needs files")
    func entries() {
        #expect(Set(Catalog.all.map(\.name)).count == Catalog.all.count)
        for model in Catalog.all {
            #expect(!model.sources.isEmpty && !model.neededFiles.isEmpty && !model.license.isEmpty)
            let fetched = Set(
                model.sources.flatMap(\.items).flatMap { item in [item.path] + item.alternatives.map(\.path) })
            for part in model.parts {
                #expect(part.files.contains { fetched.contains($0.path) }, "\(model.name): \(part.files)")
            }
            for source in model.sources {
                if case .https(let url) = source.location { #expect(url.scheme == "https") }
            }
        }
    }

    @Test(
        "The published models have the published widths",
        arguments: [
            ("ensemble", 1792), ("dino_vitb16", 768), ("open_clip_vitb32", 512), ("clip_vitb32", 512),
            ("dinov2_vitb14", 768), ("synclr_vitb16", 768), ("dino_vitb16_patch", 1536), ("dinov2_vitb14_patch", 1536),
            ("vits14-focus", 384), ("lite", 512), ("clip_vitl14-untuned", 768), ("mae_vith14-untuned", 1280),
        ])
    func widths(name: String, width: Int) throws {
        #expect(try #require(Catalog.model(named: name)).width == width)
    }

    @Test("An unknown name is answered with near ones")
    func unknown() throws {
        let error = try #require(throws: DreamSimError.self) {
            try Catalog.find("dino_vits8", in: ModelStore(.init(home: URL(filePath: "/nonexistent"))))
        }
        #expect(error.kind == .unknownModel)
        #expect(error.reason.contains("dino_vits8-untuned"))
    }

    @Test("A feature is chosen for a model of one backbone, and refused elsewhere")
    func features() throws {
        let model = try #require(Catalog.model(named: "vits14-focus"))
        #expect(try model.reading("cls_patch").width == 768)
        #expect(try model.reading("cls@10").name == "vits14-focus")
        #expect(try model.reading("cls").name == "vits14-focus+cls")
        for name in ["embedding", "cls@12", "nonsense"] {
            #expect(throws: DreamSimError.self) { try model.reading(name) }
        }
        let ensemble = try #require(Catalog.model(named: "ensemble"))
        #expect(throws: DreamSimError.self) { try ensemble.reading("cls") }
    }

    @Test("A missing model's error says what to fetch, where to put it and what is ready")
    func advice() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let error = try await #require(throws: DreamSimError.self) {
            try await PerceptualModel.load("ensemble", options: TinyModels.options(home: home))
        }
        #expect(error.kind == .weightsMissing)
        for text in [
            "dreamsim_ensemble_checkpoint.zip", "dino_vitbase16_pretrain.pth", home.appending(path: "weights").path,
            "ensemble_lora/adapter_config.json", "'lite' needs only",
        ] {
            #expect(error.reason.contains(text), "\(text) is not in: \(error.reason)")
        }
    }
}

@Suite("Descriptions of a user's own model")
struct OwnModelTests {
    @Test("A broken description is refused by its key", arguments: 0..<9)
    func broken(index: Int) throws {
        let backbone = #"{"architecture": "dino_vitb16", "weights": "w", "feature": "cls"}"#
        let cases: [(json: String, mention: String)] = [
            ("", "JSON"), ("[]", "Dictionary"), (#"{"name": "x"}"#, "backbones"),
            (#"{"name": "x", "backbones": []}"#, "empty"),
            (
                #"{"name": "x", "backbones": [{"architecture": "resnet50", "weights": "w", "feature": "cls"}]}"#,
                "resnet50"
            ),
            (#"{"name": "x", "backbones": [{"architecture": "dino_vitb16", "feature": "cls"}]}"#, "weights"),
            (
                #"{"name": "x", "backbones": [{"architecture": "dino_vitb16", "weights": "w", "feature": "x"}]}"#,
                "cls_patch"
            ),
            (
                #"{"name": "x", "backbones": [{"architecture": "dino_vitb16", "weights": "w", "feature": "embedding"}]}"#,
                "embedding"
            ),
            (
                #"{"name": "x", "backbones": [\#(backbone), {"architecture": "dino_vitb16", "weights": "w", "feature": "cls_patch"}]}"#,
                "mixed"
            ),
        ]
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "model.json")
            try Data(cases[index].json.utf8).write(to: url)
            let error = try #require(throws: DreamSimError.self) { try ModelDescription(contentsOf: url) }
            #expect(error.kind == .badDescription)
            #expect(error.reason.contains(cases[index].mention), "\(error)")
        }
    }

    @Test("Paths are relative to the description, and architectures go by name")
    func paths() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "model.json")
            let text = """
                {"name": "mine", "adapter": "lora", "backbones": [{"architecture": "dinov2_vits14_reg4",
                 "weights": "sub/w.pth", "prefix": "teacher.", "feature": "last_layer@3"}]}
                """
            try Data(text.utf8).write(to: url)
            let model = try ModelDescription(contentsOf: url)
            #expect(model.parts[0].files[0].path == folder.appending(path: "sub/w.pth").path)
            #expect(model.parts[0].files[0].prefix == "teacher.")
            #expect(model.adapter == folder.appending(path: "lora").path)
            #expect(model.transformers[0].configuration.registers == 4 && model.width == 384)
        }
    }
}

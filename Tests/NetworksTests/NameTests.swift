import DreamSimNetworks
import TestSupport
import Testing

@Suite("Names of backbones and features")
struct NameTests {
    @Test(
        "A backbone's name gives its architecture",
        arguments: [
            ("dino_vits8", 384, 12, 8, 28), ("dinov2_vitl14", 1024, 24, 14, 37), ("mae_vith14", 1280, 32, 14, 16),
            ("open_clip_vitb32", 768, 12, 32, 7), ("clip_vitl14", 1024, 24, 14, 16), ("synclr_vitb16", 768, 12, 16, 14),
        ])
    func backbones(name: String, width: Int, depth: Int, patch: Int, grid: Int) throws {
        let backbone = try #require(Backbone(name: name))
        let configuration = backbone.configuration
        #expect(backbone.name == name)
        #expect(configuration.width == width && configuration.depth == depth)
        #expect(configuration.patchSize == patch && configuration.positionGrid == grid)
    }

    @Test(
        "What is not a backbone is not taken for one",
        arguments: [
            "", "dino", "dino_vit", "dino_vitx16", "dino_vitb15", "dino_vitb16_reg4", "resnet_vitb16", "dino_vitb",
        ])
    func notBackbones(name: String) {
        #expect(Backbone(name: name) == nil)
    }

    @Test("A feature's name is read and written", arguments: ["cls", "last_layer", "embedding", "cls_patch", "cls@10"])
    func features(name: String) {
        #expect(Feature(name: name)?.name == name)
    }

    @Test("What is not a feature is not taken for one", arguments: ["", "CLS", "cls@", "cls@-1", "cls@1@2", "@3"])
    func notFeatures(name: String) {
        #expect(Feature(name: name) == nil)
    }

    @Test("A feature beyond a network's depth, or without a projection, does not exist")
    func widths() throws {
        let configuration = try #require(Backbone(name: "dino_vitb16")).configuration
        #expect(Feature(.cls, block: 11).width(in: configuration) == 768)
        #expect(Feature(.cls, block: 12).width(in: configuration) == nil)
        #expect(Feature(.embedding).width(in: configuration) == nil)
        #expect(Feature(.clsPatch).width(in: configuration) == 1536)
    }
}

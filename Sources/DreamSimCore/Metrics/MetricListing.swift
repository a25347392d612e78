import Foundation

/// What is known of a metric without loading it.
package struct MetricListing: Sendable, Encodable {
    /// The sorts of metrics.
    package enum Kind: String, Sendable, Encodable, CaseIterable {
        /// A metric of `MetricCatalog.all`.
        case metric
        /// A model of the `Catalog`, or another metric that embeds.
        case model
    }

    /// The name by which it is chosen.
    package let name: String
    /// The sort.
    package let kind: Kind
    /// What it is, in a line.
    package let summary: String
    /// Which way its numbers go.
    package let direction: Direction
    /// The lowest possible value.
    package let lowest: Double
    /// The highest possible value.
    package let highest: Double
    /// The value of identical images.
    package let identical: Double
    /// The size at which images are compared.
    package let size: MetricCard.Size
    /// Whether its gradient can be had: whether `Loss` takes it.
    package let hasGradient: Bool
    /// Whether it can say where two images differ: whether it is a `SpatialMetric`.
    package let isSpatial: Bool
    /// What it can compute with.
    package let precisions: [Precision]
    /// What it computes with when it is loaded; nil for float32, as in stamps.
    package let precision: Precision?
    /// How near it is to being used.
    package let state: Readiness

    /// Whether it can be used without the network.
    package var isReady: Bool { state != .missing }

    /// Lists a metric that is loaded.
    package init(_ metric: any PerceptualMetric) {
        self.init(metric.card, of: type(of: metric), .loaded, in: metric.precision)
    }

    fileprivate init(
        _ card: MetricCard, of type: any PerceptualMetric.Type, _ state: Readiness, in precision: Precision? = nil
    ) {
        (name, summary, direction, size) = (card.name, card.summary, card.direction, card.size)
        (lowest, highest, identical) = (card.lowest, card.highest, card.identical)
        let isEntry = MetricCatalog.all.contains { $0.card.name == card.name }
        kind = type is any EmbeddingMetric.Type && !isEntry ? .model : .metric
        hasGradient = type is any DifferentiableMetric.Type
        isSpatial = type is any SpatialMetric.Type
        precisions =
            type is PerceptualModel.Type
            ? Precision.allCases : type is any FeatureMetric.Type ? [.float32, .int16] : [.float32]
        (self.precision, self.state) = (precision, state)
    }
}

extension MetricCatalog {
    /// Every metric of the catalog, then every model, and whether each can be used without the network.
    package static func listing(in store: ModelStore) -> [MetricListing] {
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
    package func isReady(in store: ModelStore) -> Bool { needs?.isReady(in: store) ?? true }
}

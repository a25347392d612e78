import Foundation
public import ModelStore

/// What is known of a metric without loading it.
public struct MetricListing: Sendable, Encodable {
    /// The sorts of metrics.
    public enum Kind: String, Sendable, Encodable {
        /// A metric of `MetricCatalogue.all`.
        case metric
        /// A model of the `Catalogue`, which embeds.
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
    /// The value of identical pictures.
    public let identical: Double
    /// The size at which pictures are compared.
    public let size: MetricCard.Size
    /// Whether it can be used without the network.
    public let isReady: Bool

    init(_ entry: MetricCatalogue.Entry, isReady: Bool) {
        let card = entry.card
        (name, kind, summary, direction) = (card.name, .metric, card.summary, card.direction)
        (lowest, highest, identical, size) = (card.lowest, card.highest, card.identical, card.size)
        self.isReady = isReady
    }

    init(_ model: ModelDescription, isReady: Bool) {
        (name, kind, summary, direction) = (model.name, .model, model.summary, .lowerIsMoreAlike)
        (lowest, highest, identical, size) = (0, 2, 0, .square(Preprocessing.standard.side))
        self.isReady = isReady
    }
}

extension MetricCatalogue {
    /// Every metric of the catalogue, then every model, and whether each can be used without the network.
    public static func listing(in store: ModelStore) -> [MetricListing] {
        all.map { MetricListing($0, isReady: $0.isReady(in: store)) }
            + Catalogue.all.map { MetricListing($0, isReady: $0.isReady(in: store)) }
    }
}

extension MetricCatalogue.Entry {
    /// Whether it can be used without the network.
    public func isReady(in store: ModelStore) -> Bool { needs?.isReady(in: store) ?? true }
}

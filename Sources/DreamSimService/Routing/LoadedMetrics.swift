/// The names of the metrics that are loaded, by what they can do.
struct LoadedMetrics {
    /// What a parameter needs of its metric.
    enum Ability: Sendable {
        case any, embedding, map
    }

    private let all: [(name: String, isModel: Bool, isSpatial: Bool)]

    init(_ metrics: [any PerceptualMetric]) {
        all = metrics.map { ($0.card.name, $0 is any EmbeddingMetric, MetricListing($0).isSpatial) }
    }

    /// The names of those that can do something.
    func names(_ ability: Ability) -> [String] {
        all.filter { metric in
            switch ability {
            case .any: true
            case .embedding: metric.isModel
            case .map: metric.isSpatial
            }
        }.map(\.name)
    }
}

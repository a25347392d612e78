public import DreamSimCore
package import DreamSimImages
package import DreamSimPipeline
public import DreamSimTensors

/// What a column of numbers says: which metric made them, which way they go, and how images were prepared.
public struct MetricColumn: Sendable, Hashable, Encodable {
    /// The metric's name.
    public let name: String
    /// What it is, in a line.
    public let summary: String
    /// Which way its numbers go.
    public let direction: Direction
    /// The value of identical images.
    public let identical: Double
    /// SHA-256 over its weights, in hexadecimal; nil for metrics without any.
    public let weights: String?
    /// How the weights of linear layers are kept; nil for float32, as published.
    public let precision: WeightPrecision?
    /// How images are prepared, such as `full size, EXIF applied, alpha over #FFFFFF`.
    public let preprocessing: String
    /// Whether embeddings are centered and divided by their norm; nil for metrics that do not embed.
    public let isNormalized: Bool?

    /// Describes a metric at work in a comparison.
    package init(_ metric: any PerceptualMetric, decoding: DecodingOptions, resize: Int?) {
        let masked = metric as? MaskedMetric
        let metric: any PerceptualMetric = masked?.metric ?? metric
        let limit = masked.map { ", \($0.limit)" } ?? ""
        let card = metric.card
        (name, summary, direction, identical) = (card.name, card.summary, card.direction, card.identical)
        weights = card.weights
        if let model = metric as? any EmbeddingMetric {
            preprocessing = "\(model.preprocessing)\(limit)"
            isNormalized = model.stamp.isNormalized
            precision = model.stamp.precision
        } else {
            let size: String =
                switch card.size {
                case .full: resize.map { "resized to \($0)x\($0)" } ?? "full size"
                case .square(let side): "square of \(side)"
                }
            preprocessing = "\(size), \(Preprocessing.description(of: decoding))\(limit)"
            (isNormalized, precision) = (nil, nil)
        }
    }

    /// The first twelve digits of `weights`, and the precision where it is not float32, for people.
    package var shortWeights: String? {
        weights.map { $0.prefix(12) + (precision.map { " in \($0.rawValue)" } ?? "") }
    }
}

extension PairComparer {
    /// The columns of its values.
    package var columns: [MetricColumn] {
        metrics.map { MetricColumn($0, decoding: decoding, resize: resize) }
    }
}

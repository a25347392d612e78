public import DreamSimCore
public import DreamSimImages
public import DreamSimPipeline

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
    /// How images are prepared, such as `full size, EXIF applied, alpha over #FFFFFF`.
    public let preprocessing: String
    /// Whether embeddings are centered and divided by their norm; nil for metrics that do not embed.
    public let isNormalized: Bool?

    /// Describes a metric at work in a comparison.
    public init(_ metric: any PerceptualMetric, decoding: DecodingOptions, resize: Int?) {
        let masked = metric as? MaskedMetric
        let metric: any PerceptualMetric = masked?.metric ?? metric
        let limit = masked.map { ", \($0.limit)" } ?? ""
        let card = metric.card
        (name, summary, direction, identical) = (card.name, card.summary, card.direction, card.identical)
        weights = card.weights
        if let model = metric as? PerceptualModel {
            preprocessing = "\(model.preprocessing)\(limit)"
            isNormalized = model.stamp.isNormalized
        } else {
            let size: String =
                switch card.size {
                case .full: resize.map { "resized to \($0)x\($0)" } ?? "full size"
                case .square(let side): "square of \(side)"
                }
            preprocessing = "\(size), \(Preprocessing.description(of: decoding))\(limit)"
            isNormalized = nil
        }
    }

    /// The first twelve digits of `weights`, for people.
    public var shortWeights: String? { weights.map { String($0.prefix(12)) } }
}

extension PairComparer {
    /// The columns of its values.
    public var columns: [MetricColumn] {
        metrics.map { MetricColumn($0, decoding: decoding, resize: resize) }
    }
}

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
    /// What linear layers and convolutions compute with; nil for float32.
    public let precision: Precision?
    /// SHA-256, in hexadecimal, of what int8 was calibrated with; nil without a calibration.
    public let calibration: String?
    /// How images are prepared, such as `full size, EXIF applied, alpha over #FFFFFF`.
    public let preprocessing: String
    /// Whether embeddings are centered and divided by their norm; nil for metrics that do not embed.
    public let isNormalized: Bool?

    /// Describes a metric at work.
    /// - Parameters:
    ///   - metric: the metric, limited by a mask or not.
    ///   - decoding: how files become pixels; a metric that embeds uses its own.
    ///   - resize: the side of the square to which images are brought for metrics that compare them as they are.
    package init(_ metric: any PerceptualMetric, decoding: DecodingOptions, resize: Int? = nil) {
        let masked = metric as? MaskedMetric
        let metric: any PerceptualMetric = masked?.metric ?? metric
        let card = metric.card
        let stamp = (metric as? any EmbeddingMetric)?.stamp
        let size: String =
            switch card.size {
            case .full: resize.map { "resized to \($0)x\($0)" } ?? "full size"
            case .square(let side): "square of \(side)"
            }
        (name, summary, direction, identical) = (card.name, card.summary, card.direction, card.identical)
        (weights, precision, isNormalized) = (card.weights, metric.precision, stamp?.isNormalized)
        calibration = stamp?.calibration
        preprocessing =
            (stamp.map { "\($0.preprocessing)" } ?? "\(size), \(Preprocessing.description(of: decoding))")
            + (masked.map { ", \($0.limit)" } ?? "")
    }

    /// Describes the distances between embeddings of a kind.
    package init(_ stamp: ModelStamp) {
        let known = Catalog.all.first { $0.stampName == stamp.model }
        let suffix = stamp.preprocessing.foreground == nil ? "" : ForegroundMetric.suffix
        name = (known?.name ?? stamp.model) + suffix
        summary =
            known?.summary ?? MetricCatalog.all.first { $0.card.name == stamp.model }?.card.summary
            ?? "distance of embeddings by \(stamp.model)"
        (direction, identical) = (.lowerIsMoreAlike, 0)
        weights = stamp.weights.isEmpty ? nil : stamp.weights
        (precision, isNormalized, calibration) = (stamp.precision, stamp.isNormalized, stamp.calibration)
        preprocessing = "\(stamp.preprocessing)"
    }

    /// The first twelve digits of `weights`, the precision and its calibration where it is not float32, for people.
    package var shortWeights: String? {
        weights.map {
            $0.prefix(12) + (precision.map { " in \($0.rawValue)" } ?? "")
                + (calibration.map { " (calibration \($0.prefix(6)))" } ?? "")
        }
    }

    /// Such as `lite, weights 4c001506ff5b`; hashes have none.
    package var nameAndWeights: String { name + (shortWeights.map { ", weights \($0)" } ?? "") }

    /// How images are prepared, and what else changes the numbers.
    package var settings: String {
        preprocessing + (isNormalized.map { $0 ? ", normalized" : ", not normalized" } ?? "")
            + (precision.map { MetricIdentity.settings(of: $0) } ?? "")
            + (calibration.map { ", calibration \($0)" } ?? "")
    }

    /// What the numbers depend on.
    package var identity: MetricIdentity {
        MetricIdentity(name: name, weights: weights, settings: settings, direction: direction)
    }
}

/// A perceptual metric of two images: DreamSim's models, LPIPS, DISTS, SSIM, MSE and the like.
///
/// Images are always RGB of 8 bits; whatever range, normalization or size a metric computes with is its own business, so
/// that nothing can be normalized twice or never.
///
/// ```swift
/// let metric = try await MetricCatalog.load("lpips-alex")
/// let value = try metric.value(photo, edited)
/// print(value, metric.card.direction)   // lower is more alike
/// ```
public protocol PerceptualMetric: Sendable {
    /// What the metric is, and how its numbers are read.
    var card: MetricCard { get }

    /// The metric between a reference and each of several images, in their order. What depends on the reference alone
    /// is computed once.
    ///
    /// Every metric but `vif` is symmetric within rounding, and each gives exactly `card.identical` for identical images.
    /// - Throws: `DreamSimError` with `.incomparable` when sizes differ and the metric needs them equal, or when an image
    ///   is too small for it; the message says what to do.
    func values(from reference: Image, to images: [Image]) throws -> [Double]
}

extension PerceptualMetric {
    /// The metric between two images.
    /// - Throws: as `values(from:to:)`.
    public func value(_ a: Image, _ b: Image) throws -> Double {
        try values(from: a, to: [b])[0]
    }

    /// What the metric computes with where that is not float32; what embeds says so in its stamp too.
    package var precision: Precision? { card.precision ?? (self as? any EmbeddingMetric)?.stamp.precision }
}

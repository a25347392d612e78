/// A metric whose gradient can be had: a perceptual loss.
///
/// ```swift
/// let loss = try model.distanceAndGradient(Tensor([image]), Tensor([target]))
/// // Every pixel of `image` moves against loss.gradientA.
/// ```
public protocol DifferentiableMetric: PerceptualMetric {
    /// The distances of pairs of images, and how each changes with every pixel.
    ///
    /// Lower is always more alike. Where the metric itself rises with likeness, each says what is taken instead: SSIM
    /// gives 1 - SSIM, PSNR its negative. Where the metric has no derivative (identical, flat or black images), the
    /// gradient is zero or one of the possible ones, never NaN.
    /// - Parameters:
    ///   - a: [N, 3, H, W], red, green and blue in [0, 1]; values beyond are computed with as they are.
    ///   - b: of the same shape.
    /// - Throws: `DreamSimError` with `.incomparable` when shapes differ or are too small for the metric, `.badSetting`
    ///   when a tensor is not such a batch or holds NaN or infinite values.
    func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient

    /// Prepares images that others are to be brought closer to, step by step: what depends on them alone is computed
    /// once and kept.
    /// - Parameter b: [N, 3, H, W], as in `distanceAndGradient`.
    /// - Throws: as `distanceAndGradient`.
    func target(_ b: Tensor) throws -> any MetricTarget
}

/// Distances of pairs of images, and their gradients.
public struct DistanceGradient: Sendable {
    /// One a pair.
    public let distances: [Double]
    /// How the distance of pair n changes with every value of a's image n; of a's shape.
    public let gradientA: Tensor
    /// The same for b.
    public let gradientB: Tensor

    /// Joins distances with their gradients.
    public init(distances: [Double], gradientA: Tensor, gradientB: Tensor) {
        self.distances = distances
        self.gradientA = gradientA
        self.gradientB = gradientB
    }
}

extension DifferentiableMetric {
    /// Keeps the images, for metrics that have nothing to compute beforehand.
    public func target(_ b: Tensor) throws -> any MetricTarget {
        try checkBatch(b)
        return ImageTarget(metric: self, images: b)
    }

    /// Checks what every metric demands of two batches.
    /// - Throws: `DreamSimError` with `.badSetting` or `.incomparable`.
    func checkBatches(_ a: Tensor, _ b: Tensor) throws(DreamSimError) {
        try checkBatch(b)
        try checkBatch(a, of: b.shape)
    }

    /// Checks what every metric demands of a batch.
    /// - Parameter shape: that of the batch it is compared with; nil when there is none yet.
    func checkBatch(_ batch: Tensor, of shape: Shape? = nil) throws(DreamSimError) {
        try checkShape(batch, of: shape)
        guard batch.isFinite else { throw notFinite }
    }

    /// Checks two batches, but for what their values are.
    func checkShapes(_ a: Tensor, _ b: Tensor) throws(DreamSimError) {
        try checkShape(b)
        try checkShape(a, of: b.shape)
    }

    /// What is said of values that are no numbers.
    var notFinite: DreamSimError { DreamSimError(.badSetting, card.name, "was given NaN or infinite values") }

    private func checkShape(_ batch: Tensor, of shape: Shape? = nil) throws(DreamSimError) {
        guard batch.shape.rank == 4, batch.shape[1] == 3, batch.count > 0 else {
            throw DreamSimError(.badSetting, card.name, "takes batches of shape [N, 3, H, W], not \(batch.shape)")
        }
        guard shape == nil || batch.shape == shape else {
            throw DreamSimError(
                .incomparable, card.name,
                "compares batches of one shape, not \(batch.shape) and \(shape ?? batch.shape)")
        }
        guard case .full(let minimum) = card.size, min(batch.shape[2], batch.shape[3]) < minimum else { return }
        throw DreamSimError(
            .incomparable, card.name,
            "needs images of at least \(minimum)x\(minimum) pixels, these have \(batch.shape[3])x\(batch.shape[2]); "
                + "give larger ones")
    }
}

/// A target that is compared anew each time.
private struct ImageTarget: MetricTarget {
    let metric: any DifferentiableMetric
    let images: Tensor

    func distanceAndGradient(_ a: Tensor) throws -> TargetGradient {
        let both = try metric.distanceAndGradient(a, images)
        return TargetGradient(distances: both.distances, gradient: both.gradientA)
    }
}

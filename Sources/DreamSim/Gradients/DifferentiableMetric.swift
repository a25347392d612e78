public import Tensors

/// A metric whose gradient can be had: a perceptual loss.
///
/// ```swift
/// let loss = try model.distanceAndGradient(Tensor([picture]), Tensor([target]))
/// // Every pixel of `picture` moves against loss.gradientA.
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
    /// Checks what every metric demands of two batches.
    /// - Throws: `DreamSimError` with `.badSetting` or `.incomparable`.
    func checkBatches(_ a: Tensor, _ b: Tensor) throws(DreamSimError) {
        for tensor in [a, b] {
            guard tensor.shape.rank == 4, tensor.shape[1] == 3, tensor.count > 0 else {
                throw DreamSimError(
                    .badSetting, card.name, "takes batches of shape [N, 3, H, W], not \(tensor.shape)")
            }
            guard tensor.withUnsafeBufferPointer({ $0.allSatisfy(\.isFinite) }) else {
                throw DreamSimError(.badSetting, card.name, "was given NaN or infinite values")
            }
        }
        guard a.shape == b.shape else {
            throw DreamSimError(
                .incomparable, card.name, "compares batches of one shape, not \(a.shape) and \(b.shape)")
        }
    }
}

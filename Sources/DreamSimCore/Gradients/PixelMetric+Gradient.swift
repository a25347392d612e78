import Foundation

extension PixelMetric: DifferentiableMetric {
    /// The distances and their gradients. PSNR gives its negative, whose gradient for identical images is taken as zero.
    public func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        let (distances, slopes) = try distancesAndSlopes(a, b)
        let (dA, dB) = PixelDifferences.gradients(a, b, slopes: slopes, ofSigns: self == .l1)
        return DistanceGradient(distances: distances, gradientA: dA, gradientB: dB)
    }

    /// Keeps the images, whose gradients are then not computed.
    public func target(_ b: Tensor) throws -> any MetricTarget {
        try checkBatch(b)
        return PixelTarget(metric: self, images: b)
    }

    /// The distances, and what the differences, or their signs, are to be multiplied with for the derivatives.
    fileprivate func distancesAndSlopes(
        _ a: Tensor, _ b: Tensor
    ) throws(DreamSimError) -> (distances: [Double], slopes: [Double]) {
        try checkShapes(a, b)
        let size = Double(a.count / a.shape[0])
        var (distances, slopes): ([Double], [Double]) = ([], [])
        for (absolute, squares) in PixelDifferences.sums(a, b) {
            guard squares.isFinite else { throw notFinite }
            let (distance, slope): (Double, Double) =
                switch self {
                case .l1: (absolute / size, 1 / size)
                case .l2: (squares.squareRoot(), squares > 0 ? 1 / squares.squareRoot() : 0)
                case .mse: (squares / size, 2 / size)
                case .psnr: (10 * log10(squares / size), squares > 0 ? 20 / log(10) / squares : 0)
                }
            distances.append(distance)
            slopes.append(slope)
        }
        return (distances, slopes)
    }
}

private struct PixelTarget: MetricTarget {
    let metric: PixelMetric
    let images: Tensor

    func distanceAndGradient(_ a: Tensor) throws -> TargetGradient {
        let (distances, slopes) = try metric.distancesAndSlopes(a, images)
        let gradient = PixelDifferences.gradient(a, images, slopes: slopes, ofSigns: metric == .l1)
        return TargetGradient(distances: distances, gradient: gradient)
    }
}

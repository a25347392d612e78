extension StructuralSimilarity: DifferentiableMetric {
    /// 1 - SSIM of pairs of images, and how it changes with every pixel. Exactly 0 for identical images.
    public func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try checkBatches(a, b)
        let window = window
        return PlanePairs.distanceAndGradient(a, b) { x, y in
            let change = change(height: x[0].height, width: x[0].width)
            let parts = Parallel.map(3) { c in
                window.meanAndGradient(
                    .similarity, change.map { x[c].changed($0) } ?? x[c], change.map { y[c].changed($0) } ?? y[c])
            }
            func back(_ plane: Plane) -> Plane {
                change.map { plane.unchanged($0, height: x[0].height, width: x[0].width) } ?? plane
            }
            return (
                1 - parts.reduce(0) { $0 + $1.mean } / 3,
                parts.map { back($0.gradientA).scaled(-1 / 3) }, parts.map { back($0.gradientB).scaled(-1 / 3) }
            )
        }
    }

    /// How images become what the windows see; nil where they are that.
    private func change(height: Int, width: Int) -> Plane.Change? {
        switch self {
        case .wang, .skimage: nil
        case .piq:
            Int((Double(min(width, height)) / 256).rounded(.toNearestOrEven)) > 1
                ? .averaged(Int((Double(min(width, height)) / 256).rounded(.toNearestOrEven)), padding: 0) : nil
        case .torchmetrics: .mirrored(window.taps / 2)
        }
    }
}

/// Pairs of images as planes in 0...255.
enum PlanePairs {
    /// Calls `body` for every pair and joins what it returns.
    /// - Parameter body: takes three planes of each image; returns the distance and its gradients.
    static func distanceAndGradient(
        _ a: Tensor, _ b: Tensor, _ body: ([Plane], [Plane]) -> (Double, [Plane], [Plane])
    ) -> DistanceGradient {
        var distances: [Double] = []
        var gradients: (a: [Float], b: [Float]) = ([], [])
        for n in 0..<a.shape[0] {
            let (distance, dA, dB) = body(planes(a, n), planes(b, n))
            distances.append(distance)
            gradients.a += dA.flatMap { $0.values.map { Float(255 * $0) } }
            gradients.b += dB.flatMap { $0.values.map { Float(255 * $0) } }
        }
        return DistanceGradient(
            distances: distances, gradientA: Tensor(gradients.a, shape: a.shape),
            gradientB: Tensor(gradients.b, shape: b.shape))
    }

    private static func planes(_ batch: Tensor, _ n: Int) -> [Plane] {
        let (height, width) = (batch.shape[2], batch.shape[3])
        return batch.withUnsafeBufferPointer { values in
            (0..<3).map { c in
                let start = (n * 3 + c) * height * width
                return Plane(
                    height: height, width: width,
                    values: values[start..<(start + height * width)].map { 255 * Double($0) })
            }
        }
    }
}

extension Plane {
    /// Every value multiplied.
    func scaled(_ factor: Double) -> Plane {
        Plane(height: height, width: width, values: values.map { factor * $0 })
    }
}

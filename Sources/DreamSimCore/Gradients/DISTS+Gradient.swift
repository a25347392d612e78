import DreamSimNetworks

extension DISTS: DifferentiableMetric {
    /// DISTS of pairs of images, and how it changes with every pixel. Finite for any images, zero for identical ones.
    ///
    /// `dists` brings images to 256x256 as images are, bilinearly with antialiasing, but without rounding to 8 bits,
    /// which has no useful derivative: distances differ by some 0.001 from those of `values`. `dists:full` resamples nothing.
    ///
    /// Memory: what is kept of a pair, the gradient on its way, and once for the metric a second copy of the network's
    /// weights. Pairs of a batch come one after another.
    package func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try featureDistanceAndGradient(a, b)
    }

    /// The targets' features are computed once.
    package func target(_ b: Tensor) throws -> any MetricTarget { try featureTarget(b) }
}

extension DISTS: FeatureMetric {
    var scaling: InputScaling { .imageNet }

    func resampling(of batch: Tensor) -> LinearResampling? {
        guard let side, batch.shape[2] != side || batch.shape[3] != side else { return nil }
        return LinearResampling(
            height: batch.shape[2], width: batch.shape[3], toHeight: side, width: side, filter: .bilinear)
    }

    /// Moments of the colors and then of each tap.
    func compare(_ x: SeenImage, _ y: SeenImage) -> [Moments] {
        func moments(_ x: MapRows, _ y: MapRows) -> Moments {
            var both = [Moments(channels: x.channels)]
            Moments.add([x, y], to: &both)
            return both[0]
        }
        let colors = x.image.withMap { first in y.image.withMap { second in moments(first, second) } }
        return [colors] + network.taps.indices.map { moments(x.map($0), y.map($0)) }
    }

    func distance(_ comparison: [Moments]) -> Double {
        zip(weights, comparison).reduce(0) { $0 + Self.dissimilarity($1.0, $1.1) }
    }

    func fill(
        _ gradient: MapRows, at tap: Int, of x: SeenImage, against y: SeenImage, _ comparison: [Moments], _ side: Side
    ) {
        Self.gradient(weights[tap + 1], comparison[tap + 1], side)
            .apply(x.map(tap), y.map(tap), gated: true, into: gradient)
    }

    func ownGradient(of x: SeenImage, against y: SeenImage, _ comparison: [Moments], _ side: Side) -> Tensor? {
        var result = Tensor(zeros: [1, x.image.shape[2], x.image.shape[3], 3])
        result.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let target = MapRows(base, rows: x.image.shape[2], columns: x.image.shape[3], channels: 3)
            x.image.withMap { first in
                y.image.withMap { second in
                    Self.gradient(weights[0], comparison[0], side).apply(first, second, gated: false, into: target)
                }
            }
        }
        return result.channelsFirst()
    }

    /// How the weighted sum of 1 - similarity changes with a map: what each mean, variance and covariance does.
    private static func gradient(
        _ weights: (texture: [Double], structure: [Double]), _ moments: Moments, _ side: Side
    ) -> ChannelGradient {
        let c = 1e-6
        let n = moments.count
        return ChannelGradient(channels: weights.texture.count) { i in
            let means = (moments.meanX[i], moments.meanY[i])
            let (x, y) = side == .first ? means : (means.1, means.0)
            let squares = x * x + y * y + c
            let texture = (2 * x * y + c) / squares
            let variances = moments.varianceX(i) + moments.varianceY(i) + c
            let structure = (2 * moments.covariance(i) + c) / variances
            let slope = 2 * weights.structure[i] / (variances * n)
            return (
                -2 * weights.texture[i] * (y - x * texture) / (squares * n), x, slope * structure, y, -slope
            )
        }
    }
}

extension Tensor {
    /// Calls a closure with the only image of a batch [1, 3, H, W] as a channels-last map, to be read.
    fileprivate func withMap<R>(_ body: (MapRows) -> R) -> R {
        let (height, width) = (shape[2], shape[3])
        return channelsLast().withUnsafeBufferPointer { values in
            body(
                MapRows(
                    UnsafeMutablePointer(mutating: values.baseAddress!), rows: height, columns: width, channels: 3))
        }
    }
}

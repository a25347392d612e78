import DreamSimNetworks

extension LPIPS: DifferentiableMetric {
    /// LPIPS of pairs of images, and how it changes with every pixel.
    ///
    /// Features that are zero at all channels of a place have no derivative of their norm; there the gradient is zero,
    /// as the ReLU that made them has it. Identical images have exactly 0 and zero gradients.
    ///
    /// Memory: what is kept of a pair, the gradient on its way, and once for the metric a second copy of the network's
    /// weights. Pairs of a batch come one after another.
    package func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try featureDistanceAndGradient(a, b)
    }

    /// The targets' features are computed once.
    package func target(_ b: Tensor) throws -> any MetricTarget { try featureTarget(b) }
}

extension LPIPS: FeatureMetric {
    func compare(_ x: SeenImage, _ y: SeenImage) -> Double {
        network.taps.indices.reduce(0) { sum, tap in
            let maps = [x.map(tap), y.map(tap)]
            let places = maps[0].rows * maps[0].columns
            var values = [Float](repeating: 0, count: places)
            UnitDifferences.compute(maps, weights: heads[tap], into: &values)
            return sum + values.reduce(0.0) { $0 + Double($1) } / Double(places)
        }
    }

    func distance(_ comparison: Double) -> Double { comparison }

    func fill(
        _ gradient: MapRows, at tap: Int, of x: SeenImage, against y: SeenImage, _ comparison: Double, _ side: Side
    ) {
        let map = x.map(tap)
        UnitDifferences.backward(
            map, y.map(tap), weights: heads[tap], scale: 1 / Float(map.rows * map.columns), into: gradient)
    }
}

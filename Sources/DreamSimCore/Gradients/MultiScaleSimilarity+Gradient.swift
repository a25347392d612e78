import Foundation

extension MultiScaleSimilarity: DifferentiableMetric {
    /// 1 - MS-SSIM of pairs of images, and how it changes with every pixel.
    ///
    /// Where a term is negative and counts as 0, so does the product, and the gradient is zero. A power's slope grows
    /// without bound as its term goes to 0; below 0.000001 the slope there is taken.
    public func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try checkBatches(a, b)
        return PlanePairs.distanceAndGradient(a, b) { x, y in
            let channels = Parallel.map(3) { scales(x[$0], y[$0]) }
            // The terms that are raised to powers: of each channel, or their means.
            let together = self == .torchmetrics
            let terms = together ? [means(channels)] : channels.map { $0.map(\.part.mean) }
            let results = terms.map(Self.product)
            let share = together ? 1.0 / 3 : 1 / Double(results.count)
            let value = results.reduce(0) { $0 + $1.value } / Double(results.count)
            func gradients(_ side: (WindowedSimilarity.MeanGradient) -> Plane) -> [Plane] {
                channels.enumerated().map { c, scales in
                    let slopes = results[together ? 0 : c].slopes
                    return back(scales, slopes.map { -share * $0 }, side)
                }
            }
            return (1 - value, gradients(\.gradientA), gradients(\.gradientB))
        }
    }

    /// A scale of one channel.
    private struct Scale: Sendable {
        let part: WindowedSimilarity.MeanGradient
        /// How the windows' planes were made from the scale's.
        let border: Plane.Change?
        /// How the scale was made from the one before it.
        let change: Plane.Change?
        let height: Int
        let width: Int
    }

    private func scales(_ a: Plane, _ b: Plane) -> [Scale] {
        let window = StructuralSimilarity.wang.window
        var (x, y) = (a, b)
        return Self.weights.indices.map { index in
            var change: Plane.Change?
            if index > 0 {
                let isOdd = x.width % 2 + x.height % 2 > 0
                let made = Plane.Change.averaged(2, padding: self == .piq && isOdd ? 1 : 0)
                (x, y, change) = (x.changed(made), y.changed(made), made)
            }
            let isLast = index == Self.weights.count - 1
            let border: Plane.Change? =
                isLast && self == .torchmetrics ? .mirrored(window.taps / 2) : nil
            let part = window.meanAndGradient(
                isLast ? .similarity : .contrast, border.map { x.changed($0) } ?? x, border.map { y.changed($0) } ?? y)
            return Scale(part: part, border: border, change: change, height: x.height, width: x.width)
        }
    }

    /// From the coarsest scale to the finest.
    private func back(
        _ scales: [Scale], _ slopes: [Double], _ side: (WindowedSimilarity.MeanGradient) -> Plane
    ) -> Plane {
        var sum: Plane?
        for index in scales.indices.reversed() {
            let scale = scales[index]
            var part = side(scale.part).scaled(slopes[index])
            if let border = scale.border { part = part.unchanged(border, height: scale.height, width: scale.width) }
            if let above = sum, let change = scales[index + 1].change {
                let more = above.unchanged(change, height: scale.height, width: scale.width)
                for i in part.values.indices { part.values[i] += more.values[i] }
            }
            sum = part
        }
        guard let sum else { preconditionFailure("no scales") }
        return sum
    }

    private func means(_ channels: [[Scale]]) -> [Double] {
        Self.weights.indices.map { index in channels.reduce(0) { $0 + $1[index].part.mean } / 3 }
    }

    /// The product of the terms' powers, and how it changes with each term.
    private static func product(_ terms: [Double]) -> (value: Double, slopes: [Double]) {
        let value = zip(terms, weights).reduce(1) { $0 * pow(max($1.0, 0), $1.1) }
        let slopes = zip(terms, weights).map { term, weight in value > 0 ? value * weight / max(term, 1e-6) : 0 }
        return (value, slopes)
    }
}

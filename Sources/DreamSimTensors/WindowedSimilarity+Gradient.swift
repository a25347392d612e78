extension WindowedSimilarity {
    /// Which of two means is wanted with its gradient.
    package enum Wanted: Sendable {
        /// Structural similarity.
        case similarity
        /// Its contrast-structure factor alone.
        case contrast
    }

    /// A mean over all windows of one channel, and its gradients.
    package struct MeanGradient: Sendable {
        package let mean: Double
        /// How the mean changes with each place of the first plane.
        package let gradientA: Plane
        /// The same of the second.
        package let gradientB: Plane
    }

    /// The mean over all positions at which the window lies inside two planes of values in 0...255, with its gradients.
    /// They are exactly zero for equal planes, and finite for any.
    package func meanAndGradient(_ wanted: Wanted, _ a: Plane, _ b: Plane) -> MeanGradient {
        precondition(
            a.width == b.width && a.height == b.height && min(a.width, a.height) >= taps,
            "a window of \(taps) in \(a.width)x\(a.height) and \(b.width)x\(b.height)")
        // Nothing is more alike than the same: there both means have their maximum, which rounding must not hide.
        guard a.values != b.values else {
            let none = Plane(zeros: a.height, a.width)
            return MeanGradient(mean: 1, gradientA: none, gradientB: none)
        }
        let single = self.weights.map(Double.init)
        let total = single.reduce(0, +)
        let weights = single.map { $0 / total }
        func product(_ x: Plane, _ y: Plane) -> Plane {
            var result = x
            for i in result.values.indices { result.values[i] *= y.values[i] }
            return result.filtered(weights)
        }
        let (meanA, meanB) = (a.filtered(weights), b.filtered(weights))
        let (aa, bb, ab) = (product(a, a), product(b, b), product(a, b))
        let (c1, c2, k) = (Double(self.c1), Double(self.c2), Double(covariance))
        let count = meanA.values.count
        let share = 1 / Double(count)
        var sum = 0.0
        // The gradients of the means, of the means of squares (the same for both), and of the mean of products.
        var (dMeanA, dMeanB) = (Plane(zeros: meanA.height, meanA.width), Plane(zeros: meanA.height, meanA.width))
        var (dSquares, dProducts) = (dMeanA, dMeanA)
        for i in 0..<count {
            let (x, y) = (meanA.values[i], meanB.values[i])
            let below = k * (aa.values[i] - x * x + bb.values[i] - y * y) + c2
            let contrast = (2 * k * (ab.values[i] - x * y) + c2) / below
            let brightness = x * x + y * y + c1
            let luminance = wanted == .similarity ? (2 * x * y + c1) / brightness : 1
            sum += luminance * contrast
            let slope = share * luminance * k / below
            dProducts.values[i] = 2 * slope
            dSquares.values[i] = -slope * contrast
            // Means also enter the variances and the covariance.
            let (alongA, alongB) = (2 * slope * (contrast * x - y), 2 * slope * (contrast * y - x))
            let step = wanted == .similarity ? 2 * share * contrast / brightness : 0
            dMeanA.values[i] = alongA + step * (y - x * luminance)
            dMeanB.values[i] = alongB + step * (x - y * luminance)
        }
        let (squares, products) = (dSquares.spread(weights), dProducts.spread(weights))
        func gradient(_ means: Plane, _ x: Plane, _ y: Plane) -> Plane {
            var result = means.spread(weights)
            for i in result.values.indices {
                result.values[i] += 2 * x.values[i] * squares.values[i] + y.values[i] * products.values[i]
            }
            return result
        }
        return MeanGradient(
            mean: sum / Double(count), gradientA: gradient(dMeanA, a, b), gradientB: gradient(dMeanB, b, a))
    }
}

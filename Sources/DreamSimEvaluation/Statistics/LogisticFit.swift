import Foundation

/// The curve through which a metric's values are brought to the scale of opinions before Pearson's correlation and the root
/// mean square error are taken, fitted by least squares (Levenberg 1944, Marquardt 1963).
public struct LogisticFit: Sendable, Hashable, Encodable {
    /// The curves that reports of image quality use.
    public enum Curve: String, Sendable, Hashable, Codable, CaseIterable {
        /// b2 + (b1 - b2) / (1 + exp(-(x - b3) / b4)), of the Video Quality Experts Group.
        case four
        /// b1 (1/2 - 1 / (1 + exp(b2 (x - b3)))) + b4 x + b5 (Sheikh, Sabir and Bovik 2006).
        case five
    }

    /// The curve.
    public let curve: Curve
    /// b1, b2 and so on.
    public let parameters: [Double]

    /// The curve's value at a metric's value.
    public func callAsFunction(_ x: Double) -> Double { Self.value(curve, parameters, x) }

    /// Fits a curve; nil for fewer numbers than parameters, or metrics that are all equal.
    /// - Parameters:
    ///   - values: the metric's, finite.
    ///   - scores: people's, as many.
    package init?(_ curve: Curve, values: [Double], scores: [Double]) {
        let (x, y) = (Standard(values), Standard(scores))
        guard let x, let y, values.count > (curve == .four ? 4 : 5) else { return nil }
        let (xs, ys) = (values.map(x.applied), scores.map(y.applied))
        let isRising = zip(xs, ys).reduce(0) { $0 + $1.0 * $1.1 } >= 0
        // From several slopes and places, because the sum of squares has more than one valley.
        var best: (parameters: [Double], error: Double)?
        for slope in [0.5, 2, 8] {
            for place in [-1.0, 0, 1] {
                let start =
                    curve == .four
                    ? [isRising ? 2 : -2, isRising ? -2 : 2, place, 1 / slope]
                    : [isRising ? 2 : -2, slope, place, 0, 0]
                let found = Self.descend(curve, start, xs, ys, steps: 60)
                if found.error < best?.error ?? .infinity { best = found }
            }
        }
        // The best is followed to the end, which can be far where the valley is long.
        guard let start = best?.parameters else { return nil }
        let b = Self.descend(curve, start, xs, ys, steps: 5000).parameters
        self.curve = curve
        // Back to the units of the metric and the scores.
        parameters =
            switch curve {
            case .four: [y.restored(b[0]), y.restored(b[1]), x.restored(b[2]), b[3] * x.deviation]
            case .five:
                [
                    b[0] * y.deviation, b[1] / x.deviation, x.restored(b[2]), b[3] * y.deviation / x.deviation,
                    y.restored(b[4]) - b[3] * y.deviation / x.deviation * x.mean,
                ]
            }
    }

    /// Numbers with mean 0 and deviation 1.
    private struct Standard {
        let mean, deviation: Double

        init?(_ values: [Double]) {
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
            guard square > 0, square.isFinite else { return nil }
            (self.mean, deviation) = (mean, square.squareRoot())
        }

        func applied(_ value: Double) -> Double { (value - mean) / deviation }
        func restored(_ value: Double) -> Double { value * deviation + mean }
    }

    private static func value(_ curve: Curve, _ b: [Double], _ x: Double) -> Double {
        switch curve {
        case .four: b[1] + (b[0] - b[1]) / (1 + exp(-(x - b[2]) / b[3]))
        case .five: b[0] * (0.5 - 1 / (1 + exp(b[1] * (x - b[2])))) + b[3] * x + b[4]
        }
    }

    /// The derivatives by the parameters.
    private static func slopes(_ curve: Curve, _ b: [Double], _ x: Double) -> [Double] {
        switch curve {
        case .four:
            let s = 1 / (1 + exp(-(x - b[2]) / b[3]))
            let steep = (b[0] - b[1]) * s * (1 - s) / b[3]
            return [s, 1 - s, -steep, -steep * (x - b[2]) / b[3]]
        case .five:
            let s = 1 / (1 + exp(b[1] * (x - b[2])))
            let steep = b[0] * s * (1 - s)
            return [0.5 - s, steep * (x - b[2]), -steep * b[1], x, 1]
        }
    }

    private static func error(_ curve: Curve, _ b: [Double], _ xs: [Double], _ ys: [Double]) -> Double {
        var sum = 0.0
        for i in xs.indices {
            let difference = ys[i] - value(curve, b, xs[i])
            sum += difference * difference
        }
        return sum.isFinite ? sum : .infinity
    }

    private static func descend(
        _ curve: Curve, _ start: [Double], _ xs: [Double], _ ys: [Double], steps: Int
    ) -> (parameters: [Double], error: Double) {
        let count = start.count
        var (b, damping) = (start, 1e-3)
        var current = error(curve, b, xs, ys)
        var still = 0
        for _ in 0..<steps where still < 3 && current.isFinite {
            var normal = [Double](repeating: 0, count: count * count)
            var gradient = [Double](repeating: 0, count: count)
            for i in xs.indices {
                let slopes = slopes(curve, b, xs[i])
                let difference = ys[i] - value(curve, b, xs[i])
                for j in 0..<count {
                    gradient[j] += slopes[j] * difference
                    for k in 0...j { normal[j * count + k] += slopes[j] * slopes[k] }
                }
            }
            var isBetter = false
            while !isBetter && damping < 1e12 {
                var damped = normal
                for j in 0..<count { damped[j * count + j] += damping * max(normal[j * count + j], 1e-12) }
                if let step = solved(damped, gradient) {
                    let next = zip(b, step).map { $0 + $1 }
                    let found = error(curve, next, xs, ys)
                    if found <= current {
                        still = current - found <= 1e-15 * current ? still + 1 : 0
                        (b, current, isBetter) = (next, found, true)
                    }
                }
                damping = isBetter ? max(damping / 9, 1e-14) : damping * 11
            }
            if !isBetter { break }
        }
        return (b, current)
    }

    /// Solves a symmetric system, given by its lower half, by Cholesky's decomposition; nil when it is not positive definite.
    private static func solved(_ matrix: [Double], _ right: [Double]) -> [Double]? {
        let count = right.count
        var lower = matrix
        for j in 0..<count {
            for k in 0...j {
                var sum = matrix[j * count + k]
                for m in 0..<k { sum -= lower[j * count + m] * lower[k * count + m] }
                if j == k {
                    guard sum > 0, sum.isFinite else { return nil }
                    lower[j * count + j] = sum.squareRoot()
                } else {
                    lower[j * count + k] = sum / lower[k * count + k]
                }
            }
        }
        var x = right
        for j in 0..<count {
            for m in 0..<j { x[j] -= lower[j * count + m] * x[m] }
            x[j] /= lower[j * count + j]
        }
        for j in (0..<count).reversed() {
            for m in (j + 1)..<max(count, j + 1) { x[j] -= lower[m * count + j] * x[m] }
            x[j] /= lower[j * count + j]
        }
        return x
    }
}

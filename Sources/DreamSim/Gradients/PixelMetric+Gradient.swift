import Foundation
public import Tensors

extension PixelMetric: DifferentiableMetric {
    /// The distances and their gradients. PSNR gives its negative, whose gradient for identical images is taken as zero.
    public func distanceAndGradient(_ a: Tensor, _ b: Tensor) throws -> DistanceGradient {
        try checkBatches(a, b)
        let (x, y) = (a.values, b.values)
        let (pairs, count) = (a.shape[0], a.count / a.shape[0])
        var distances: [Double] = []
        var gradient = [Float](repeating: 0, count: a.count)
        for n in 0..<pairs {
            let range = (n * count)..<((n + 1) * count)
            let squares = range.reduce(0.0) { $0 + (Double(x[$1]) - Double(y[$1])) * (Double(x[$1]) - Double(y[$1])) }
            let size = Double(count)
            // The derivative is `slope` times the difference, or times its sign.
            let (distance, slope): (Double, Double) =
                switch self {
                case .l1: (range.reduce(0.0) { $0 + abs(Double(x[$1]) - Double(y[$1])) } / size, 1 / size)
                case .l2: (squares.squareRoot(), squares > 0 ? 1 / squares.squareRoot() : 0)
                case .mse: (squares / size, 2 / size)
                case .psnr: (10 * log10(squares / size), squares > 0 ? 20 / log(10) / squares : 0)
                }
            distances.append(distance)
            for i in range {
                let difference = Double(x[i]) - Double(y[i])
                let sign: Double = difference > 0 ? 1 : difference < 0 ? -1 : 0
                gradient[i] = Float(slope * (self == .l1 ? sign : difference))
            }
        }
        return DistanceGradient(
            distances: distances, gradientA: Tensor(gradient, shape: a.shape),
            gradientB: Tensor(gradient.map { -$0 }, shape: a.shape))
    }
}

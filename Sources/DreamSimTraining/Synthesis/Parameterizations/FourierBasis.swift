import Foundation

/// Planes by the amplitudes of their waves, each scaled with the inverse of its frequency, as the amplitudes of photographs
/// fall (Olah et al. 2017; Mordvintsev et al. 2018, Differentiable Image Parameterizations): equal steps then make equal
/// differences at all sizes.
struct FourierBasis: PlaneBasis {
    private static let name = "waves"

    private let transform: HartleyTransform
    /// [H, W].
    private let scales: [Float]

    /// Plans the basis.
    /// - Parameter decay: the power of the frequency with which amplitudes fall; 1 in photographs, 0 for white noise.
    init(height: Int, width: Int, decay: Double) {
        transform = HartleyTransform(height: height, width: width)
        // Cycles a pixel; the mean, which has none, is scaled like the longest wave.
        let lowest = 1 / Double(max(height, width))
        var scales: [Double] = []
        for v in 0..<height {
            for u in 0..<width {
                let y = Double(min(v, height - v)) / Double(height)
                let x = Double(min(u, width - u)) / Double(width)
                scales.append(1 / pow(max((x * x + y * y).squareRoot(), lowest), decay))
            }
        }
        // So that numbers of spread 1 make planes of spread 1, whatever the decay.
        let mean = (scales.reduce(0) { $0 + $1 * $1 } / Double(scales.count)).squareRoot()
        self.scales = scales.map { Float($0 / mean) }
    }

    var shapes: [String: Shape] { [Self.name: [3, transform.height, transform.width]] }

    func planes(_ parameters: [String: Tensor]) -> Tensor {
        transform.transformed(scaled(parameters.named(Self.name)) { $0 * $1 })
    }

    func backward(_ gradient: Tensor) -> [String: Tensor] {
        [Self.name: scaled(transform.transformed(gradient)) { $0 * $1 }]
    }

    func parameters(of planes: Tensor) -> [String: Tensor] {
        [Self.name: scaled(transform.transformed(planes)) { $0 / $1 }]
    }

    private func scaled(_ planes: Tensor, _ body: (Float, Float) -> Float) -> Tensor {
        var result = planes
        result.withUnsafeMutableBufferPointer { values in
            for i in values.indices { values[i] = body(values[i], scales[i % scales.count]) }
        }
        return result
    }
}

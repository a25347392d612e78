import Foundation

/// How new pixels are weighed from old ones.
public enum ResamplingFilter: Sendable, Hashable, Codable {
    /// Keys' cubic over 4 samples. `a` is the slope parameter in -1...0; -0.5 is Pillow's and the reference's.
    case bicubic(a: Double)
    /// A triangle over 2 samples.
    case bilinear
    /// The plain mean of the covered samples.
    case box
    /// Lanczos' windowed sinc over 6 samples.
    case lanczos

    /// Half the width of the filter, in samples of the larger scale.
    var support: Double {
        switch self {
        case .bicubic: 2
        case .bilinear: 1
        case .box: 0.5
        case .lanczos: 3
        }
    }

    /// The weight at a distance; written in Pillow's order of operations, since the last bit counts.
    func weight(at distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .bicubic(let a):
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        case .bilinear: return x < 1 ? 1 - x : 0
        case .box: return distance > -0.5 && distance <= 0.5 ? 1 : 0
        case .lanczos: return distance >= -3 && distance < 3 ? Self.sinc(distance) * Self.sinc(distance / 3) : 0
        }
    }

    /// The normalized sinc, sin(πx) / πx.
    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}

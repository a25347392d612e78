import Foundation

/// How often the colors of a part of an image occur, in cubes of the RGB cube that pass gently into each other.
struct ColorHistogram {
    /// Cubes along each channel.
    private static let bins = 20
    /// Shares of the cubes, red slowest; they add up to 1.
    private let shares: [Float]

    /// Counts colors.
    /// - Parameters:
    ///   - image: the colors.
    ///   - weights: how much each pixel counts, 0 or more.
    init(_ image: Image, weights: [Float]) {
        let bins = Self.bins
        var counts = [Float](repeating: 0, count: bins * bins * bins)
        for (pixel, weight) in weights.enumerated() {
            let place = (0..<3).reduce(0) { $0 * bins + Int(image.pixels[3 * pixel + $1]) * bins / 256 }
            counts[place] += weight
        }
        for step in [1, bins, bins * bins] { counts = Self.blurred(counts, step: step) }
        let sum = max(counts.reduce(0, +), 1e-12)
        shares = counts.map { $0 / sum }
    }

    /// The share of a pixel's color, between the centers of cubes in proportion.
    func share(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Float {
        let bins = Self.bins
        func tap(_ value: UInt8) -> (low: Int, high: Int, part: Float) {
            let place = min(max((Float(value) + 0.5) * Float(bins) / 256 - 0.5, 0), Float(bins - 1))
            let low = Int(place)
            return (low, min(low + 1, bins - 1), place - Float(low))
        }
        let (r, g, b) = (tap(red), tap(green), tap(blue))
        func mix(_ x: Float, _ y: Float, _ part: Float) -> Float { x + (y - x) * part }
        func line(_ red: Int, _ green: Int) -> Float {
            let base = (red * bins + green) * bins
            return mix(shares[base + b.low], shares[base + b.high], b.part)
        }
        return mix(
            mix(line(r.low, g.low), line(r.low, g.high), g.part),
            mix(line(r.high, g.low), line(r.high, g.high), g.part), r.part)
    }

    /// A Gaussian of one cube along a channel; the outermost cubes reach outwards.
    private static func blurred(_ counts: [Float], step: Int) -> [Float] {
        let weights: [Float] = (-3...3).map { Foundation.exp(-Float($0 * $0) / 2) }
        let total = weights.reduce(0, +)
        return counts.indices.map { place in
            let own = place / step % bins
            var sum: Float = 0
            for (index, weight) in weights.enumerated() {
                let other = min(max(own + index - 3, 0), bins - 1)
                sum += weight * counts[place + (other - own) * step]
            }
            return sum / total
        }
    }
}

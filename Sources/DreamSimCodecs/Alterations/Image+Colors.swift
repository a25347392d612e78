import Foundation

/// A color in sRGB, 0...1 a channel.
struct Color {
    var red: Double
    var green: Double
    var blue: Double

    init(_ red: Double, _ green: Double, _ blue: Double) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// The gray of the same luma (Rec. 601).
    var gray: Color {
        let luma = 0.299 * red + 0.587 * green + 0.114 * blue
        return Color(luma, luma, luma)
    }

    /// A mixture in sRGB.
    func mixed(with other: Color, share: Double) -> Color {
        func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * share }
        return Color(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
    }

    /// The hue turned with luma and chroma kept: a rotation in the plane of YIQ's two color axes.
    func turned(byDegrees degrees: Double) -> Color {
        let (sine, cosine) = (sin(degrees * .pi / 180), cos(degrees * .pi / 180))
        let y = 0.299 * red + 0.587 * green + 0.114 * blue
        let i = 0.5959 * red - 0.2746 * green - 0.3213 * blue
        let q = 0.2115 * red - 0.5227 * green + 0.3112 * blue
        let (i2, q2) = (i * cosine - q * sine, i * sine + q * cosine)
        return Color(y + 0.956 * i2 + 0.619 * q2, y - 0.272 * i2 - 0.647 * q2, y - 1.106 * i2 + 1.703 * q2)
    }
}

extension Image {
    /// Every color through a function; results are clipped and rounded.
    func colored(_ transform: (Color) -> Color) -> Image {
        func byte(_ value: Double) -> UInt8 { UInt8((min(max(value, 0), 1) * 255).rounded()) }
        let pixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            for i in stride(from: 0, to: self.pixels.count, by: 3) {
                let color = transform(
                    Color(
                        Double(self.pixels[i]) / 255, Double(self.pixels[i + 1]) / 255, Double(self.pixels[i + 2]) / 255
                    ))
                (target[i], target[i + 1], target[i + 2]) = (byte(color.red), byte(color.green), byte(color.blue))
            }
            count = self.pixels.count
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// Gaussian noise on every channel, clipped.
    func noisy(sigma: Double, seed: UInt64) -> Image {
        var random = SeededGenerator(state: seed)
        var spare: Double?
        let pixels = pixels.map { value -> UInt8 in
            let noise: Double
            if let waiting = spare {
                (noise, spare) = (waiting, nil)
            } else {
                let pair = random.normals()
                (noise, spare) = (pair.0, pair.1)
            }
            return UInt8(min(max((Double(value) + sigma * noise).rounded(), 0), 255))
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// Gaussian blur with the border repeated.
    func blurred(sigma: Double) -> Image {
        guard sigma > 0.05 else { return self }
        let radius = max(1, Int((3 * sigma).rounded(.up)))
        let raw = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
        let sum = raw.reduce(0, +)
        let weights = raw.map { Float($0 / sum) }
        let rows = Self.smoothed(
            pixels.map(Float.init), length: width, lines: height, step: 3, line: 3 * width, weights)
        let both = Self.smoothed(rows, length: height, lines: width, step: 3 * width, line: 3, weights)
        return Image(width: width, height: height, pixels: both.map { UInt8(min(max($0.rounded(), 0), 255)) })
    }

    /// Smooths `lines` lines of `length` places, which lie `step` values apart, three channels each.
    private static func smoothed(
        _ values: [Float], length: Int, lines: Int, step: Int, line: Int, _ weights: [Float]
    ) -> [Float] {
        let radius = weights.count / 2
        var result = values
        values.withUnsafeBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                for index in 0..<lines {
                    for channel in 0..<3 {
                        let start = index * line + channel
                        for place in 0..<length {
                            var sum: Float = 0
                            for (k, weight) in weights.enumerated() {
                                let from = min(max(place + k - radius, 0), length - 1)
                                sum += weight * source[start + from * step]
                            }
                            target[start + place * step] = sum
                        }
                    }
                }
            }
        }
        return result
    }
}

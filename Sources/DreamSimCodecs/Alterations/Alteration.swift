/// A way in which an image is altered, at a strength: what a metric may be sensitive to or robust to. The altered image has
/// the size of the original; strength 0 leaves it exactly as it is.
package enum Alteration: String, Sendable, Hashable, CaseIterable, Codable {
    /// Hues turned around the color circle, by degrees.
    case hue
    /// Colors paler, up to gray, by the share that is taken away.
    case desaturation
    /// Everything brighter, by the share of white that is added.
    case brightness
    /// Less contrast, by the share that is taken away around middle gray.
    case contrast
    /// Squares of the image in another order, by the number of cuts along each side.
    case shuffle
    /// Left and right exchanged; there is one strength, 1.
    case mirror
    /// Gaussian blur, by its standard deviation in per cent of the shorter side.
    case blur
    /// Gaussian noise on every channel, by its standard deviation in per cent of the range.
    case noise
    /// Everything moved to the right and down, by per cent of the shorter side; the border is mirrored.
    case shift
    /// Turned clockwise around the center, by degrees; the border is mirrored.
    case rotation
    /// The center enlarged to the whole, by the share of each side that is cut away.
    case crop
    /// Written as JPEG and read again, by 100 less the quality.
    case jpeg

    /// The strengths at which it is tried unless others are asked for, in ascending order.
    package var strengths: [Double] {
        switch self {
        case .hue: [15, 45, 90, 135, 180]
        case .desaturation: [0.25, 0.5, 0.75, 1]
        case .brightness: [0.1, 0.2, 0.3, 0.4, 0.5]
        case .contrast: [0.2, 0.4, 0.6, 0.8]
        case .shuffle: [1, 3, 7, 15]
        case .mirror: [1]
        case .blur: [0.25, 0.5, 1, 2, 4]
        case .noise: [2, 5, 10, 20, 40]
        case .shift: [1, 2, 5, 10, 20]
        case .rotation: [2, 5, 10, 20, 45]
        case .crop: [0.05, 0.1, 0.2, 0.4, 0.6]
        case .jpeg: [20, 50, 80, 90, 95]
        }
    }

    /// What the strength is, for an axis.
    package var unit: String {
        switch self {
        case .hue, .rotation: "degrees"
        case .desaturation, .contrast: "share taken away"
        case .brightness: "share of white added"
        case .shuffle: "cuts along each side"
        case .mirror: "mirrored"
        case .blur: "sigma, % of the shorter side"
        case .noise: "sigma, % of the range"
        case .shift: "% of the shorter side"
        case .crop: "share of each side cut away"
        case .jpeg: "100 less the quality"
        }
    }

    /// The strengths that have a meaning.
    package var range: ClosedRange<Double> {
        switch self {
        case .hue: 0...360
        case .desaturation, .brightness, .contrast, .mirror: 0...1
        case .shuffle: 0...63
        case .blur: 0...25
        case .noise, .shift: 0...100
        case .rotation: 0...360
        case .crop: 0...0.99
        case .jpeg: 0...99
        }
    }

    /// Alters an image.
    /// - Parameters:
    ///   - image: The image.
    ///   - strength: How strongly, within `range`; other values are brought into it.
    ///   - seed: The random seed of `noise` and `shuffle`; the same seed gives the same image on every machine.
    /// - Returns: An image of the same size.
    /// - Throws: ``DreamSimError`` when a JPEG cannot be made, as of sides above 65,535 pixels.
    package func applied(to image: Image, strength: Double, seed: UInt64) throws(DreamSimError) -> Image {
        let strength = min(max(strength.isNaN ? 0 : strength, range.lowerBound), range.upperBound)
        guard strength > 0 else { return image }
        let shorter = Double(min(image.width, image.height))
        switch self {
        case .hue: return image.colored { $0.turned(byDegrees: strength) }
        case .desaturation: return image.colored { $0.mixed(with: $0.gray, share: strength) }
        case .brightness: return image.colored { $0.mixed(with: Color(1, 1, 1), share: strength) }
        case .contrast: return image.colored { $0.mixed(with: Color(0.5, 0.5, 0.5), share: strength) }
        case .shuffle: return image.shuffled(squares: Int(strength.rounded()) + 1, seed: seed)
        case .mirror: return image.mirrored()
        case .blur: return image.blurred(sigma: strength / 100 * shorter)
        case .noise: return image.noisy(sigma: strength / 100 * 255, seed: seed)
        case .shift:
            let distance = (strength / 100 * shorter).rounded()
            return image.warped { x, y in (x - distance, y - distance) }
        case .rotation: return image.rotated(byDegrees: strength)
        case .crop:
            let (dx, dy) = (Double(image.width) * strength / 2, Double(image.height) * strength / 2)
            return image.resized(
                width: image.width, height: image.height, filter: .bicubic(a: -0.5), antialias: true,
                box: (Float(dx), Float(dy), Float(Double(image.width) - dx), Float(Double(image.height) - dy)))
        case .jpeg:
            let bytes = try image.jpegData(quality: min(max(100 - Int(strength.rounded()), 1), 100))
            return try Image(decoding: bytes, name: "JPEG")
        }
    }
}

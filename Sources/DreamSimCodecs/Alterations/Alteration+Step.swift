import Foundation

extension Alteration {
    /// An alteration at one strength.
    package struct Step: Sendable, Hashable {
        /// The way in which an image is altered.
        package let alteration: Alteration
        /// How strongly, in the alteration's unit and within its range.
        package let strength: Double

        /// An alteration at a strength.
        package init(_ alteration: Alteration, _ strength: Double) {
            precondition(alteration.range.contains(strength), "\(alteration) at \(strength)")
            (self.alteration, self.strength) = (alteration, strength)
        }

        /// What is done to a square image, such as `blur 2 px` or `JPEG quality 30`.
        /// - Parameter side: the side of the square, in pixels.
        package func label(side: Int) -> String {
            let pixels = String(format: "%.3g px", strength / 100 * Double(side))
            let percent = String(format: "%.3g %%", strength * 100)
            let degrees = String(format: "%.3g°", strength)
            return switch alteration {
            case .hue: "hue +\(degrees)"
            case .desaturation: strength == 1 ? "gray" : "desaturation \(percent)"
            case .brightness: "brightness +\(percent)"
            case .contrast: "contrast -\(percent)"
            case .shuffle: "shuffle \(Int(strength.rounded()) + 1) x \(Int(strength.rounded()) + 1)"
            case .mirror: "mirror"
            case .blur: "blur \(pixels)"
            case .noise: String(format: "noise %.3g of 255", strength / 100 * 255)
            case .shift: String(format: "shift %.3g %%", strength)
            case .rotation: "rotation \(degrees)"
            case .crop: "crop \(percent)"
            case .jpeg: "JPEG quality \(max(100 - Int(strength.rounded()), 1))"
            }
        }

        /// Alters an image.
        /// - Throws: as `Alteration.applied(to:strength:seed:)`.
        package func applied(to image: Image, seed: UInt64) throws(DreamSimError) -> Image {
            try alteration.applied(to: image, strength: strength, seed: seed)
        }
    }

    /// The strengths at which an image still shows the same photograph to people: what a metric should be robust to.
    package var mildSteps: [Step] {
        let strengths: [Double] =
            switch self {
            // Of 2 and 4 pixels where the side is 224.
            case .blur: [200.0 / 224, 400.0 / 224]
            case .jpeg: [70, 90]
            case .noise: [2500.0 / 255]
            case .brightness: [0.2]
            case .contrast: [0.4]
            case .hue: [40]
            case .desaturation, .mirror: [1]
            case .crop: [0.1]
            case .shift, .rotation: [5]
            case .shuffle: [1]
            }
        return strengths.map { Step(self, $0) }
    }

    /// All that leaves an image the same photograph to people, mildly.
    package static let mild: [Step] =
        [blur, jpeg, noise, brightness, contrast, hue, desaturation, crop, mirror, shift, rotation].flatMap(\.mildSteps)
}

/// Which numbers the ends of a color map stand for, and what they mean.
package struct ColorScale: Sendable, Hashable {
    /// The colors.
    package var map: ColorMap
    /// The number of the map's first color.
    package var low: Double
    /// The number of the map's last color, above `low`.
    package var high: Double
    /// What the numbers are, for the color bar, such as `lpips-alex, higher is more different`.
    package var caption: String

    /// A scale from its ends. Ends that are no range, such as those of a map of zeros, are widened to one.
    ///
    /// - Parameters:
    ///   - map: The colors.
    ///   - low: The number of the first color.
    ///   - high: The number of the last color.
    ///   - caption: What the numbers are.
    package init(_ map: ColorMap, from low: Double = 0, to high: Double, caption: String = "") {
        self.map = map
        self.low = low.isFinite ? low : 0
        self.high = high.isFinite && high > self.low ? high : self.low + 1
        self.caption = caption
    }

    /// The color of a number; numbers outside have the color of the nearer end.
    package func color(of value: Float) -> RGB {
        map.color(at: (Double(value) - low) / (high - low))
    }

    /// The field as an image of the scale's colors, a pixel a value.
    package func image(of field: ScalarField) -> Image {
        let table = (0..<1024).map { map.color(at: Double($0) / 1023) }
        let factor = 1023 / (high - low)
        let count = field.values.count * 3
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            for (i, value) in field.values.enumerated() {
                let place = (Double(value) - low) * factor
                let color = table[place > 0 ? Int(min(place, 1023).rounded()) : 0]
                (target[3 * i], target[3 * i + 1], target[3 * i + 2]) = (color.red, color.green, color.blue)
            }
            initialized = count
        }
        return Image(width: field.width, height: field.height, pixels: pixels)
    }

    /// Round numbers within the scale, about `count` of them, and how they are written.
    package func ticks(about count: Int = 5) -> [(value: Double, label: String)] {
        Ticks.round(from: low, to: high, about: count)
    }
}

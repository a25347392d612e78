extension Image {
    /// The image in shades of gray (the luma of Rec. 601).
    public func desaturated() -> Image {
        let pixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            for i in stride(from: 0, to: self.pixels.count, by: 3) {
                let (red, green, blue) = (Int(self.pixels[i]), Int(self.pixels[i + 1]), Int(self.pixels[i + 2]))
                let gray = UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
                (target[i], target[i + 1], target[i + 2]) = (gray, gray, gray)
            }
            count = self.pixels.count
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// Lays a field over the image: the field is interpolated to the image's size and its colors are mixed with the
    /// image in shades of gray, so that no color of the image can be taken for one of the scale.
    ///
    /// - Parameters:
    ///   - field: The values; the whole field covers the whole image.
    ///   - scale: The colors of the values.
    ///   - opacity: 0...1; 0 shows the gray image alone, 1 the colors alone.
    package func overlaid(with field: ScalarField, scale: ColorScale, opacity: Double = 0.6) -> Image {
        precondition((0...1).contains(opacity), "an opacity of \(opacity)")
        let colors = scale.image(of: field.resized(width: width, height: height))
        let gray = desaturated()
        let share = Int((opacity * 256).rounded())
        let pixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            for i in 0..<gray.pixels.count {
                target[i] = UInt8((Int(colors.pixels[i]) * share + Int(gray.pixels[i]) * (256 - share) + 128) / 256)
            }
            count = gray.pixels.count
        }
        return Image(width: width, height: height, pixels: pixels)
    }
}

extension Image {
    /// The picture in shades of grey (the luma of Rec. 601).
    public func desaturated() -> Image {
        let pixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            for i in stride(from: 0, to: self.pixels.count, by: 3) {
                let (red, green, blue) = (Int(self.pixels[i]), Int(self.pixels[i + 1]), Int(self.pixels[i + 2]))
                let grey = UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
                (target[i], target[i + 1], target[i + 2]) = (grey, grey, grey)
            }
            count = self.pixels.count
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// Lays a field over the picture: the field is interpolated to the picture's size and its colours are mixed with the
    /// picture in shades of grey, so that no colour of the picture can be taken for one of the scale.
    ///
    /// - Parameters:
    ///   - field: The values; the whole field covers the whole picture.
    ///   - scale: The colours of the values.
    ///   - opacity: 0...1; 0 shows the grey picture alone, 1 the colours alone.
    public func overlaid(with field: ScalarField, scale: ColourScale, opacity: Double = 0.6) -> Image {
        precondition((0...1).contains(opacity), "an opacity of \(opacity)")
        let colours = scale.image(of: field.resized(width: width, height: height))
        let grey = desaturated()
        let share = Int((opacity * 256).rounded())
        let pixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            for i in 0..<grey.pixels.count {
                target[i] = UInt8((Int(colours.pixels[i]) * share + Int(grey.pixels[i]) * (256 - share) + 128) / 256)
            }
            count = grey.pixels.count
        }
        return Image(width: width, height: height, pixels: pixels)
    }
}

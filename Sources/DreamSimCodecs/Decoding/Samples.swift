/// Decoded samples before they become RGB.
struct Samples {
    /// What the channels mean.
    enum Model {
        case gray
        case grayAlpha
        case rgb
        case rgbAlpha
        case cmyk
    }

    let width: Int
    let height: Int
    let model: Model
    /// 8-bit samples, interleaved, row-major; CMYK with 255 for full ink.
    let values: [UInt8]

    var hasAlpha: Bool { model == .grayAlpha || model == .rgbAlpha }

    /// Converts to RGB.
    func image(alpha: DecodingOptions.Alpha) -> Image {
        if model == .rgb { return Image(width: width, height: height, pixels: values) }
        let count = width * height
        let pixels = [UInt8](unsafeUninitializedCapacity: count * 3) { out, initialized in
            values.withUnsafeBufferPointer { source in
                switch model {
                case .gray: for i in 0..<count { out.set(i, source[i], source[i], source[i]) }
                case .grayAlpha: for i in 0..<count { out.set(i, source[2 * i], source[2 * i], source[2 * i]) }
                case .rgb, .rgbAlpha:
                    for i in 0..<count { out.set(i, source[4 * i], source[4 * i + 1], source[4 * i + 2]) }
                case .cmyk:
                    for i in 0..<count {
                        let white = 255 - Int(source[4 * i + 3])
                        out.set(
                            i, Self.inked(source[4 * i], white), Self.inked(source[4 * i + 1], white),
                            Self.inked(source[4 * i + 2], white))
                    }
                }
                if hasAlpha, case .composited(let background) = alpha {
                    Self.composite(out, over: background, alpha: source, channels: model == .rgbAlpha ? 4 : 2)
                }
            }
            initialized = count * 3
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// What an ink leaves of the light that black left: Pillow's arithmetic, white - ink * white / 255 rounded.
    private static func inked(_ ink: UInt8, _ white: Int) -> UInt8 {
        let product = Int(ink) * white + 128
        return UInt8(max(0, white - ((product >> 8) + product) >> 8))
    }

    /// Lays pixels over a background: (color * alpha + background * (255 - alpha)) / 255, rounded to nearest.
    private static func composite(
        _ pixels: UnsafeMutableBufferPointer<UInt8>, over background: RGB, alpha: UnsafeBufferPointer<UInt8>,
        channels: Int
    ) {
        let back = (Int(background.red), Int(background.green), Int(background.blue))
        for i in 0..<(pixels.count / 3) {
            let a = Int(alpha[i * channels + channels - 1])
            if a == 255 { continue }
            let b = 255 - a
            pixels.set(
                i, UInt8((Int(pixels[3 * i]) * a + back.0 * b + 127) / 255),
                UInt8((Int(pixels[3 * i + 1]) * a + back.1 * b + 127) / 255),
                UInt8((Int(pixels[3 * i + 2]) * a + back.2 * b + 127) / 255))
        }
    }
}

extension UnsafeMutableBufferPointer<UInt8> {
    /// Writes one RGB pixel.
    @inline(__always)
    fileprivate func set(_ index: Int, _ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self[3 * index] = red
        self[3 * index + 1] = green
        self[3 * index + 2] = blue
    }
}

extension Image {
    /// How raw pixels lie in memory; every channel is a byte.
    public enum PixelLayout: Sendable, Hashable {
        /// One byte a pixel, which becomes red, green and blue.
        case gray
        /// Red, green, blue.
        case rgb
        /// Red, green, blue, alpha.
        case rgba(AlphaKind)
        /// Blue, green, red, alpha: Core Video's and Cairo's order.
        case bgra(AlphaKind)

        /// What alpha means.
        public enum AlphaKind: Sendable, Hashable {
            /// The fourth byte says nothing.
            case ignored
            /// Colors are as if opaque.
            case straight
            /// Colors are multiplied with alpha already.
            case premultiplied
        }

        /// Bytes a pixel.
        var stride: Int {
            switch self {
            case .gray: 1
            case .rgb: 3
            case .rgba, .bgra: 4
            }
        }
    }

    /// Makes an image from raw pixels in memory.
    /// - Parameters:
    ///   - bytes: rows from the top; at least `(height - 1) * bytesPerRow + width * (bytes a pixel)` of them.
    ///   - width: the number of columns, at least 1.
    ///   - height: the number of rows, at least 1.
    ///   - bytesPerRow: from the start of one row to that of the next; nil when rows follow each other without a gap.
    ///   - layout: the order of channels.
    ///   - background: what shows through where alpha is below 255.
    public init(
        bytes: UnsafeRawBufferPointer, width: Int, height: Int, bytesPerRow: Int? = nil, layout: PixelLayout,
        over background: RGB = .white
    ) {
        precondition(width > 0 && height > 0, "an image of \(width)x\(height) pixels")
        let step = layout.stride
        let row = bytesPerRow ?? width * step
        precondition(row >= width * step, "rows of \(row) bytes for \(width) pixels of \(step) bytes")
        precondition(
            bytes.count >= (height - 1) * row + width * step, "\(bytes.count) bytes for \(width)x\(height) pixels")
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { pixels, count in
            for y in 0..<height {
                for x in 0..<width {
                    let color = layout.color(bytes, at: y * row + x * step, over: background)
                    (pixels[count], pixels[count + 1], pixels[count + 2]) = (color.red, color.green, color.blue)
                    count += 3
                }
            }
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    /// Makes an image from raw pixels, as `init(bytes:width:height:bytesPerRow:layout:over:)` does.
    public init(
        bytes: [UInt8], width: Int, height: Int, bytesPerRow: Int? = nil, layout: PixelLayout,
        over background: RGB = .white
    ) {
        self = bytes.withUnsafeBytes {
            Image(
                bytes: $0, width: width, height: height, bytesPerRow: bytesPerRow, layout: layout, over: background)
        }
    }
}

extension Image.PixelLayout {
    fileprivate func color(_ bytes: UnsafeRawBufferPointer, at i: Int, over background: RGB) -> RGB {
        func blended(_ color: RGB, _ alpha: UInt8, _ kind: AlphaKind) -> RGB {
            guard kind != .ignored, alpha < 255 else { return color }
            func channel(_ value: UInt8, _ behind: UInt8) -> UInt8 {
                let own = kind == .straight ? Int(value) * Int(alpha) : Int(value) * 255
                return UInt8(min(255, (own + Int(behind) * (255 - Int(alpha)) + 127) / 255))
            }
            return RGB(
                channel(color.red, background.red), channel(color.green, background.green),
                channel(color.blue, background.blue))
        }
        switch self {
        case .gray: return RGB(bytes[i], bytes[i], bytes[i])
        case .rgb: return RGB(bytes[i], bytes[i + 1], bytes[i + 2])
        case .rgba(let kind): return blended(RGB(bytes[i], bytes[i + 1], bytes[i + 2]), bytes[i + 3], kind)
        case .bgra(let kind): return blended(RGB(bytes[i + 2], bytes[i + 1], bytes[i]), bytes[i + 3], kind)
        }
    }
}

#if canImport(CoreGraphics)
    public import CoreGraphics
    import DreamSimSupport

    extension Image {
        /// Makes an image from a Core Graphics one, drawn in sRGB over a background.
        /// - Throws: `DreamSimError` with `.unsupported` when Core Graphics cannot draw it.
        public init(_ image: CGImage, over background: RGB = .white) throws {
            let (width, height) = (image.width, image.height)
            var bytes = [UInt8](repeating: 0, count: width * height * 4)
            let isDrawn = bytes.withUnsafeMutableBytes { buffer in
                guard let space = CGColorSpace(name: CGColorSpace.sRGB),
                    let context = CGContext(
                        data: buffer.baseAddress, width: width, height: height, bitsPerComponent: 8,
                        bytesPerRow: width * 4, space: space,
                        bitmapInfo: CGImageAlphaInfo.premultipliedLast.rawValue)
                else { return false }
                context.draw(image, in: CGRect(x: 0, y: 0, width: width, height: height))
                return true
            }
            guard isDrawn, width > 0, height > 0 else {
                throw DreamSimError(.unsupported, "CGImage", "cannot be drawn in sRGB; convert it to 8-bit RGB")
            }
            self.init(
                bytes: bytes, width: width, height: height, layout: .rgba(.premultiplied), over: background)
        }
    }
#endif

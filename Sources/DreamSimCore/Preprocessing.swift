/// How an image is preprocessed for a network.
public struct Preprocessing: Hashable, Sendable, Codable {
    /// What happens to orientation, transparency and color profiles when a file is decoded.
    public var decoding: DecodingOptions
    /// How an image that is not square is brought to a square.
    public var fit: Image.Fit
    /// The side of the square in pixels; every patch size of the model divides it. The published models use 224.
    public var side: Int
    /// Which part of images counts; nil where all of it does.
    public var foreground: Foreground?

    /// A part of images, as `ForegroundMetric` tells it.
    public enum Foreground: String, Hashable, Sendable, Codable {
        /// What stands out; the rest is painted over.
        case alone
    }

    /// Makes a way of preprocessing.
    public init(
        decoding: DecodingOptions = .standard, fit: Image.Fit = .stretch, side: Int = 224, foreground: Foreground? = nil
    ) {
        self.decoding = decoding
        self.fit = fit
        self.side = side
        self.foreground = foreground
    }

    /// EXIF orientation and color profiles applied, transparency over white, stretched to 224 x 224.
    public static let standard = Preprocessing()

    /// Exactly what the Python reference does: orientation and color profiles ignored, transparency dropped, stretched to 224 x 224.
    public static let reference = Preprocessing(decoding: .reference)

    /// Brings an image to the square: resampled bicubically (a = -0.5, antialiased), as Pillow does. A background that is to
    /// be painted over is left to `ForegroundMetric`, which can tell it.
    public func applied(to image: Image) -> Image {
        image.fitted(width: side, height: side, fit: fit)
    }

    /// Preprocessed images as one batch of planar color: [N, 3, side, side] in [0, 1].
    package func batch(_ images: [Image]) -> Tensor {
        let plane = side * side
        return Tensor(uninitialized: [images.count, 3, side, side]) { target in
            for (n, image) in images.enumerated() {
                precondition(
                    image.width == side && image.height == side,
                    "expected \(side)x\(side) pixels, got \(image.width)x\(image.height)")
                image.pixels.withUnsafeBufferPointer { pixels in
                    for c in 0..<3 {
                        let base = (n * 3 + c) * plane
                        for i in 0..<plane { target[base + i] = Float(pixels[3 * i + c]) / 255 }
                    }
                }
            }
        }
    }
}

extension Preprocessing: CustomStringConvertible {
    /// Such as `stretch 224x224, EXIF applied, alpha over #FFFFFF`.
    public var description: String {
        let fit =
            switch fit {
            case .stretch: "stretch"
            case .pad(let color): "pad with \(Self.hexadecimal(color))"
            case .crop: "crop"
            }
        return "\(fit) \(side)x\(side), \(Self.description(of: decoding))"
            + (foreground == nil ? "" : ", background painted over")
    }

    /// Such as `EXIF applied, alpha over #FFFFFF`.
    package static func description(of decoding: DecodingOptions) -> String {
        let alpha =
            switch decoding.alpha {
            case .composited(let color): "alpha over \(hexadecimal(color))"
            case .dropped: "alpha dropped"
            }
        let profile = decoding.colorProfile == .applied ? "" : ", color profiles ignored"
        return "EXIF \(decoding.orientation.rawValue), \(alpha)\(profile)"
    }

    private static func hexadecimal(_ color: RGB) -> String {
        "#" + [color.red, color.green, color.blue].hexadecimal.uppercased()
    }
}

public import Imaging
import Persistence
package import Tensors

/// How a picture becomes the square that a network sees.
public struct Preprocessing: Hashable, Sendable, Codable {
    /// What happens to orientation and transparency when a file is decoded.
    public var decoding: DecodingOptions
    /// How a picture that is not square is brought to a square.
    public var fit: Image.Fit
    /// The side of the square in pixels; every patch size of the model divides it. The published models use 224.
    public var side: Int

    /// Makes a way of preprocessing.
    public init(decoding: DecodingOptions = .standard, fit: Image.Fit = .stretch, side: Int = 224) {
        self.decoding = decoding
        self.fit = fit
        self.side = side
    }

    /// EXIF orientation applied, transparency over white, stretched to 224 x 224.
    public static let standard = Preprocessing()

    /// Exactly what the Python reference does: orientation ignored, transparency dropped, stretched to 224 x 224.
    public static let reference = Preprocessing(decoding: .reference)

    /// The square that the network sees: resampled bicubically (a = -0.5, antialiased), as Pillow does.
    public func square(_ image: Image) -> Image {
        image.fitted(width: side, height: side, fit: fit)
    }

    /// Squares as one batch of planar colour: [N, 3, side, side] in [0, 1].
    package func batch(_ squares: [Image]) -> Tensor {
        let plane = side * side
        return Tensor(uninitialized: [squares.count, 3, side, side]) { target in
            for (n, square) in squares.enumerated() {
                precondition(square.width == side && square.height == side, "not a square of side \(side)")
                square.pixels.withUnsafeBufferPointer { pixels in
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
            case .pad(let colour): "pad with \(Self.hexadecimal(colour))"
            case .crop: "crop"
            }
        return "\(fit) \(side)x\(side), \(Self.description(of: decoding))"
    }

    /// Such as `EXIF applied, alpha over #FFFFFF`.
    static func description(of decoding: DecodingOptions) -> String {
        let alpha =
            switch decoding.alpha {
            case .composited(let colour): "alpha over \(hexadecimal(colour))"
            case .dropped: "alpha dropped"
            }
        return "EXIF \(decoding.orientation.rawValue), \(alpha)"
    }

    private static func hexadecimal(_ colour: RGB) -> String {
        "#" + [colour.red, colour.green, colour.blue].hexadecimal.uppercased()
    }
}

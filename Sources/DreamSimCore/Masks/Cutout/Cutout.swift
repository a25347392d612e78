/// What stands out in an image, cut out of it: how much of each pixel belongs to it, and the colors it has there.
public struct Cutout: Sendable {
    /// How much of each pixel is foreground, 0...1, as large as the image.
    public let alpha: ScalarField
    /// The colors of the foreground without those behind it, as large as the image; black where `alpha` is 0. Together with
    /// `alpha` they make an image with straight (not premultiplied) transparency.
    public let colors: Image
    /// The largest saliency, 0...1: how much the foreground stands out.
    public let saliency: Double

    /// The share of the image that is foreground, 0...1.
    public var coverage: Double { alpha.mean }

    /// The foreground over a color.
    public func composed(over color: RGB) -> Image {
        let rest = [Float(color.red), Float(color.green), Float(color.blue)]
        let pixels = colors.pixels.indices.map { i in
            let alpha = alpha.values[i / 3]
            return UInt8((alpha * Float(colors.pixels[i]) + (1 - alpha) * rest[i % 3]).rounded())
        }
        return Image(width: colors.width, height: colors.height, pixels: pixels)
    }

    /// The foreground as a mask, in which pixels count as much as they belong to it.
    /// - Parameter name: what errors call it.
    /// - Throws: `DreamSimError` with `.badSetting` when nothing is foreground.
    public func mask(name: String) throws(DreamSimError) -> Mask { try Mask(alpha, name: name) }
}

extension SaliencyDetector {
    /// The least saliency of the places that stand out most at which an image has a foreground. Nothing stands out in
    /// landscapes, textures and crowds; their largest saliency is below.
    public static let leastSaliency = 0.5

    /// Cuts out what stands out.
    ///
    /// Saliency at 224 x 224 places and the colors inside and around it say what belongs to the foreground
    /// (`ColorSegmentation`); closed-form matting in the band between says at full size how much of each pixel does. Holes
    /// are found where their colors are those around the object. What the detector takes for the background stays
    /// background, however sharp its edges are.
    /// - Parameters:
    ///   - image: the image.
    ///   - name: what errors call it.
    ///   - leastSaliency: how much must stand out somewhere, 0...1.
    /// - Throws: `DreamSimError` with `.badSetting` when nothing stands out: there is never an empty cutout.
    /// - Complexity: O(pixels), and O(band * steps) for matting; some 150 bytes for each pixel of the band, and 60 for each
    ///   pixel.
    public func cutout(
        of image: Image, name: String = "the image", leastSaliency: Double = leastSaliency
    ) throws(DreamSimError) -> Cutout {
        // The detector sees something in any image, also where nothing differs from anything.
        guard Self.hasContrast(image) else {
            throw DreamSimError(
                .badSetting, name,
                "nothing stands out, because all of it has one color; choose an image with a distinct object")
        }
        let small = preprocessed(image)
        let saliency = saliency(preprocessed: small)
        try CutoutStep.check()
        let largest = Double(ColorSegmentation.levels(saliency).largest)
        guard largest >= leastSaliency else { throw Self.nothing(in: name, largest, leastSaliency) }
        let probability = ColorSegmentation(small, saliency: saliency).probability
        let alpha = try AlphaRefinement.alpha(from: probability, image: image)
        // Colors may take away what saliency found.
        guard alpha.values.contains(where: { $0 >= 0.5 }) else { throw Self.nothing(in: name, largest, leastSaliency) }
        return Cutout(alpha: alpha, colors: try ForegroundColors.colors(of: image, alpha: alpha), saliency: largest)
    }

    /// The most bytes that a cutout takes at a time, beside the image: of matting in a band as wide as can be, or of what
    /// comes after it at full size.
    package static func mostWorkingBytes(width: Int, height: Int) -> Int {
        let solved = AlphaRefinement.sizes(width: width, height: height)[0]
        return max(60 * width * height, 210 * solved.width * solved.height)
    }

    /// Whether a channel varies by more than rounding does.
    private static func hasContrast(_ image: Image) -> Bool {
        let pixels = image.pixels
        return (0..<3).contains { channel in
            var (lowest, highest): (UInt8, UInt8) = (255, 0)
            for i in stride(from: channel, to: pixels.count, by: 3) {
                (lowest, highest) = (min(lowest, pixels[i]), max(highest, pixels[i]))
            }
            return Int(highest) - Int(lowest) > 2
        }
    }

    private static func nothing(in name: String, _ largest: Double, _ least: Double) -> DreamSimError {
        let (found, wanted) = ((largest * 100).rounded() / 100, (least * 100).rounded() / 100)
        return DreamSimError(
            .badSetting, name,
            "nothing stands out: the largest saliency is \(found), at least \(wanted) is needed; choose an image with a "
                + "distinct object, or accept a lower saliency")
    }
}

/// Which places of an image count: 1 counts, 0 does not, and what lies between counts in part.
public struct Mask: Sendable, Hashable {
    /// What errors call it.
    public let name: String
    /// A weight for each pixel, 0...1.
    public let weights: ScalarField

    /// Takes the brightness of an image as the weights: white counts, black does not.
    /// - Parameters:
    ///   - image: the image, as large as those it is for.
    ///   - name: what errors call it, such as its file.
    /// - Throws: `DreamSimError` with `.badSetting` when it is black everywhere.
    public init(_ image: Image, name: String) throws(DreamSimError) {
        let gray = image.desaturated()
        let values = (0..<(image.width * image.height)).map { Float(gray.pixels[3 * $0]) / 255 }
        try self.init(ScalarField(width: image.width, height: image.height, values: values), name: name)
    }

    /// Takes weights as they are; what is not in 0...1 is brought there, and NaN is 0.
    /// - Throws: `DreamSimError` with `.badSetting` when all are 0.
    public init(_ weights: ScalarField, name: String) throws(DreamSimError) {
        self.name = name
        self.weights = weights.map { $0 > 0 ? min($0, 1) : 0 }
        guard self.weights.largest > 0 else {
            throw DreamSimError(
                .badSetting, name, "is black everywhere, so that nothing would count; white is what counts")
        }
    }

    /// Whether everything counts in full, so that the mask changes nothing.
    public var isWhole: Bool { weights.values.allSatisfy { $0 == 1 } }

    /// The share of the image that counts, 0...1.
    public var share: Double { weights.mean }

    /// The mask of what this one leaves out.
    /// - Throws: `DreamSimError` with `.badSetting` when this one leaves nothing out.
    public func inverted() throws(DreamSimError) -> Mask {
        try Mask(weights.map { 1 - $0 }, name: "the inverse of \(name)")
    }

    /// Checks that the mask is as large as an image.
    /// - Throws: `DreamSimError` with `.incomparable`.
    public func checkSize(of image: Image) throws(DreamSimError) {
        guard image.width == weights.width && image.height == weights.height else {
            throw DreamSimError(
                .incomparable, name,
                "the mask has \(weights.width)x\(weights.height) pixels, the image \(image.width)x\(image.height); make it "
                    + "as large as the image")
        }
    }

    /// The image with every pixel that does not count at all in one color.
    public func neutralized(_ image: Image, color: RGB) throws(DreamSimError) -> Image {
        try checkSize(of: image)
        let pixels = [UInt8](unsafeUninitializedCapacity: image.pixels.count) { target, count in
            for (i, weight) in weights.values.enumerated() {
                let fills = weight == 0
                target[3 * i] = fills ? color.red : image.pixels[3 * i]
                target[3 * i + 1] = fills ? color.green : image.pixels[3 * i + 1]
                target[3 * i + 2] = fills ? color.blue : image.pixels[3 * i + 2]
            }
            count = image.pixels.count
        }
        return Image(width: image.width, height: image.height, pixels: pixels)
    }

    /// The mean color of what counts in an image.
    package func meanColor(of image: Image) -> RGB {
        var (red, green, blue, sum) = (0.0, 0.0, 0.0, 0.0)
        for (i, weight) in weights.values.enumerated() where weight > 0 {
            let weight = Double(weight)
            red += weight * Double(image.pixels[3 * i])
            green += weight * Double(image.pixels[3 * i + 1])
            blue += weight * Double(image.pixels[3 * i + 2])
            sum += weight
        }
        return RGB(UInt8((red / sum).rounded()), UInt8((green / sum).rounded()), UInt8((blue / sum).rounded()))
    }
}

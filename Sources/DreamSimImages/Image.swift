/// An image of 8-bit sRGB pixels.
public struct Image: Sendable, Hashable {
    /// The number of columns, at least 1.
    public let width: Int
    /// The number of rows, at least 1.
    public let height: Int
    /// Red, green and blue interleaved, row by row from the top left: `height * width * 3` values in 0...255.
    public let pixels: [UInt8]

    /// Makes an image from its pixels.
    ///
    /// - Parameters:
    ///   - width: The number of columns, at least 1.
    ///   - height: The number of rows, at least 1.
    ///   - pixels: Exactly `height * width * 3` values, RGB interleaved, row-major.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "an image of \(width)x\(height) pixels")
        precondition(
            pixels.count == width * height * 3,
            "\(pixels.count) values for \(width)x\(height)x3 = \(width * height * 3)")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Makes an image of one color.
    ///
    /// - Parameters:
    ///   - width: The number of columns, at least 1.
    ///   - height: The number of rows, at least 1.
    ///   - color: The color of every pixel.
    public init(width: Int, height: Int, filledWith color: RGB) {
        precondition(width > 0 && height > 0, "an image of \(width)x\(height) pixels")
        let count = width * height * 3
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            for i in stride(from: 0, to: count, by: 3) {
                buffer[i] = color.red
                buffer[i + 1] = color.green
                buffer[i + 2] = color.blue
            }
            initialized = count
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    /// The color of one pixel.
    ///
    /// - Parameters:
    ///   - x: The column, 0 at the left.
    ///   - y: The row, 0 at the top.
    public subscript(x: Int, y: Int) -> RGB {
        precondition(x >= 0 && x < width && y >= 0 && y < height, "pixel (\(x), \(y)) of \(width)x\(height)")
        let i = (y * width + x) * 3
        return RGB(pixels[i], pixels[i + 1], pixels[i + 2])
    }
}

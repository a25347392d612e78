/// An image to draw on.
package struct Canvas: Sendable {
    /// The number of columns.
    package let width: Int
    /// The number of rows.
    package let height: Int
    package var pixels: [UInt8]

    /// An empty canvas.
    ///
    /// - Parameters:
    ///   - width: The number of columns, at least 1.
    ///   - height: The number of rows, at least 1.
    ///   - background: The color of every pixel.
    package init(width: Int, height: Int, background: RGB = .white) {
        self.init(Image(width: width, height: height, filledWith: background))
    }

    /// A canvas that begins as a copy of an image.
    package init(_ image: Image) {
        width = image.width
        height = image.height
        pixels = image.pixels
    }

    /// What has been drawn.
    package var image: Image { Image(width: width, height: height, pixels: pixels) }

    /// Places an image; what lies outside the canvas is cut off.
    ///
    /// - Parameters:
    ///   - image: The image, at its own size.
    ///   - x: The column of its left edge.
    ///   - y: The row of its top edge.
    package mutating func draw(_ image: Image, x: Int, y: Int) {
        let columns = max(0, -x)..<max(max(0, -x), min(image.width, width - x))
        guard !columns.isEmpty else { return }
        for row in max(0, -y)..<max(max(0, -y), min(image.height, height - y)) {
            let from = (row * image.width + columns.lowerBound) * 3
            let to = ((y + row) * width + x + columns.lowerBound) * 3
            for i in 0..<(columns.count * 3) { pixels[to + i] = image.pixels[from + i] }
        }
    }

    /// Fills a rectangle, with rounded corners if wanted; what lies outside the canvas is cut off.
    ///
    /// - Parameters:
    ///   - x: The column of the left edge.
    ///   - y: The row of the top edge.
    ///   - width: The number of columns; nothing is drawn when it is not positive.
    ///   - height: The number of rows; nothing is drawn when it is not positive.
    ///   - color: The color.
    ///   - radius: The radius of the corners in pixels, at most half of the shorter side.
    package mutating func fill(x: Int, y: Int, width: Int, height: Int, color: RGB, radius: Double = 0) {
        guard width > 0, height > 0 else { return }
        let radius = min(radius, Double(min(width, height)) / 2)
        for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
            for column in max(0, x)..<max(max(0, x), min(self.width, x + width)) {
                let coverage = Self.coverage(
                    column: column - x, row: row - y, width: width, height: height, radius: radius)
                blend(color, x: column, y: row, coverage: coverage)
            }
        }
    }

    /// How much of a pixel a rounded rectangle covers, 0...255: the distance to the corner's circle, one pixel soft.
    private static func coverage(column: Int, row: Int, width: Int, height: Int, radius: Double) -> Int {
        guard radius > 0 else { return 255 }
        let dx = radius - min(Double(column) + 0.5, Double(width - column) - 0.5)
        let dy = radius - min(Double(row) + 0.5, Double(height - row) - 0.5)
        guard dx > 0, dy > 0 else { return 255 }
        let distance = (dx * dx + dy * dy).squareRoot()
        return Int((min(max(radius - distance + 0.5, 0), 1) * 255).rounded())
    }

    /// Mixes a color into a pixel inside the canvas; `coverage` is 0...255.
    package mutating func blend(_ color: RGB, x: Int, y: Int, coverage: Int) {
        let i = (y * width + x) * 3
        let rest = 255 - coverage
        pixels[i] = UInt8((Int(color.red) * coverage + Int(pixels[i]) * rest + 127) / 255)
        pixels[i + 1] = UInt8((Int(color.green) * coverage + Int(pixels[i + 1]) * rest + 127) / 255)
        pixels[i + 2] = UInt8((Int(color.blue) * coverage + Int(pixels[i + 2]) * rest + 127) / 255)
    }
}

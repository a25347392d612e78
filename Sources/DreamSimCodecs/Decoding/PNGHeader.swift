/// What the header chunk of a PNG says.
struct PNGHeader {
    /// What the samples of a pixel are, by PNG's numbers.
    enum Color: Int {
        case gray = 0
        case rgb = 2
        case palette = 3
        case grayAlpha = 4
        case rgbAlpha = 6

        /// The stored samples of a pixel.
        var channels: Int {
            switch self {
            case .gray, .palette: 1
            case .grayAlpha: 2
            case .rgb: 3
            case .rgbAlpha: 4
            }
        }

        fileprivate var depths: [Int] {
            switch self {
            case .gray: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .rgb, .grayAlpha, .rgbAlpha: [8, 16]
            }
        }
    }

    /// Pixels that are stored together: all, or those of one pass of an interlaced image.
    struct Pass {
        let firstColumn, firstRow, columnStep, rowStep: Int
        let columns, rows: Int
    }

    let width: Int
    let height: Int
    /// The bits of a sample.
    let depth: Int
    let color: Color
    let isInterlaced: Bool

    /// - Throws: ``DreamSimError`` for what no PNG has.
    init(_ bytes: [UInt8], path: String) throws(DreamSimError) {
        guard bytes.count >= 33, let width = bytes.integer(at: 16, bytes: 4, .big),
            let height = bytes.integer(at: 20, bytes: 4, .big), width <= Int32.max, height <= Int32.max,
            let color = Color(rawValue: Int(bytes[25])), color.depths.contains(Int(bytes[24])), bytes[26] == 0,
            bytes[27] == 0, bytes[28] <= 1
        else { throw DreamSimError(.malformed, path, "the PNG data is damaged or cut short; its header is no PNG's") }
        (self.width, self.height, depth, self.color) = (width, height, Int(bytes[24]), color)
        isInterlaced = bytes[28] == 1
    }

    /// The bytes from a sample to that of the pixel before; 1 where a byte holds several pixels.
    var pixelBytes: Int { max(1, color.channels * depth / 8) }

    /// The bytes of a row of so many pixels.
    func rowBytes(_ columns: Int) -> Int { (columns * color.channels * depth + 7) / 8 }

    /// The passes that have pixels.
    var passes: [Pass] {
        guard isInterlaced else {
            return [Pass(firstColumn: 0, firstRow: 0, columnStep: 1, rowStep: 1, columns: width, rows: height)]
        }
        let steps = [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
        ]
        return steps.compactMap { x, y, dx, dy in
            let (columns, rows) = ((width - x + dx - 1) / dx, (height - y + dy - 1) / dy)
            guard columns > 0, rows > 0 else { return nil }
            return Pass(firstColumn: x, firstRow: y, columnStep: dx, rowStep: dy, columns: columns, rows: rows)
        }
    }
}

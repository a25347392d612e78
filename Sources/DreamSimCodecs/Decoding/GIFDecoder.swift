/// Reads the first frame of a GIF, and nothing after it: the number of frames does not matter.
///
/// Our own reader rather than the library's, because the colors below transparent pixels are needed for parity with
/// Pillow and the library drops them.
struct GIFDecoder {
    private let bytes: [UInt8]
    private let path: String
    private var position = 13
    private var globalColors: [RGB]?
    private var transparentIndex: Int?

    /// Decodes the first frame on its canvas; pixels that it does not cover are transparent.
    ///
    /// - Throws: ``DreamSimError`` when the data is damaged, ends early or passes the limit.
    static func decode(_ bytes: [UInt8], path: String, pixelLimit: Int) throws(DreamSimError) -> Samples {
        var decoder = GIFDecoder(bytes: bytes, path: path)
        return try decoder.decode(pixelLimit: pixelLimit)
    }

    private init(bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    private mutating func decode(pixelLimit: Int) throws(DreamSimError) -> Samples {
        guard let width = bytes.integer(at: 6, bytes: 2, .little), let height = bytes.integer(at: 8, bytes: 2, .little),
            bytes.count >= 13
        else { throw truncated() }
        globalColors = try colors(flags: bytes[10])
        while true {
            switch try next() {
            case 0x21: try readExtension()
            case 0x2C: return try readFrame(screen: (width, height), pixelLimit: pixelLimit)
            case 0x3B: throw DreamSimError(.malformed, path, "the GIF holds no image")
            case 0x00: continue  // Stray terminators are common and harmless.
            case let block:
                throw DreamSimError(.malformed, path, "an unknown GIF block \(block) at byte \(position - 1)")
            }
        }
    }

    private func truncated() -> DreamSimError {
        DreamSimError(.truncated, path, "the GIF ends early; it was cut short, fetch it again")
    }

    private mutating func next() throws(DreamSimError) -> UInt8 {
        guard position < bytes.count else { throw truncated() }
        position += 1
        return bytes[position - 1]
    }

    /// Reads a color table when the flags announce one.
    private mutating func colors(flags: UInt8) throws(DreamSimError) -> [RGB]? {
        guard flags & 0x80 != 0 else { return nil }
        let count = 2 << Int(flags & 7)
        guard position + 3 * count <= bytes.count else { throw truncated() }
        defer { position += 3 * count }
        return (0..<count).map {
            RGB(bytes[position + 3 * $0], bytes[position + 3 * $0 + 1], bytes[position + 3 * $0 + 2])
        }
    }

    /// Skips an extension; the graphic control extension names the transparent color.
    private mutating func readExtension() throws(DreamSimError) {
        let label = try next()
        let block = position
        if label == 0xF9, let flags = bytes.integer(at: block + 1, bytes: 1, .little),
            let index = bytes.integer(at: block + 4, bytes: 1, .little), bytes[block] >= 4
        {
            transparentIndex = flags & 1 == 1 ? index : nil
        }
        _ = try subBlocks()
    }

    /// The ranges of a chain of sub-blocks, up to its terminator.
    private mutating func subBlocks() throws(DreamSimError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        while true {
            let length = Int(try next())
            if length == 0 { return ranges }
            guard position + length <= bytes.count else { throw truncated() }
            ranges.append(position..<(position + length))
            position += length
        }
    }

    private mutating func readFrame(
        screen: (width: Int, height: Int), pixelLimit: Int
    ) throws(DreamSimError) -> Samples {
        guard position + 9 <= bytes.count else { throw truncated() }
        let fields = (0..<4).map { bytes.integer(at: position + 2 * $0, bytes: 2, .little) ?? 0 }
        let (left, top, width, height) = (fields[0], fields[1], fields[2], fields[3])
        let flags = bytes[position + 8]
        position += 9
        guard width > 0, height > 0 else {
            throw DreamSimError(.malformed, path, "its frame is \(width)x\(height) pixels")
        }
        // Encoders err in the size of the screen, which may be 0; it grows to hold the frame, as in Pillow.
        let canvas = (width: max(screen.width, left + width), height: max(screen.height, top + height))
        try Limits.check(width: canvas.width, height: canvas.height, limit: pixelLimit, path: path)
        // Indices, and then their colors.
        try DecodingMemory.take(for: canvas.width * canvas.height, bands: 4 + 1, path: path)
        let table = try colors(flags: flags) ?? globalColors
        let codeSize = Int(try next())
        guard (1...8).contains(codeSize) else {
            throw DreamSimError(
                .malformed, path, "the GIF states an initial code size of \(codeSize) bits, not 1 to 8")
        }
        let data = bytes.joined(try subBlocks())
        guard let indices = LZW.decode(data, codeSize: codeSize, count: width * height) else { throw truncated() }

        // Indices past the table show as gray, as in Pillow.
        let palette = (0..<256).map { index in
            table.flatMap { index < $0.count ? $0[index] : nil } ?? RGB(UInt8(index), UInt8(index), UInt8(index))
        }
        let uncovered = palette[transparentIndex ?? 0]
        let isOpaque = transparentIndex == nil && width == canvas.width && height == canvas.height
        let channels = isOpaque ? 3 : 4
        var values = [UInt8](repeating: 0, count: canvas.width * canvas.height * channels)
        if !isOpaque {
            for i in stride(from: 0, to: values.count, by: 4) {
                (values[i], values[i + 1], values[i + 2]) = (uncovered.red, uncovered.green, uncovered.blue)
            }
        }
        for (line, row) in Self.rows(height: height, isInterlaced: flags & 0x40 != 0).enumerated() {
            for x in 0..<width {
                let index = Int(indices[line * width + x])
                let to = ((top + row) * canvas.width + left + x) * channels
                let color = palette[index]
                (values[to], values[to + 1], values[to + 2]) = (color.red, color.green, color.blue)
                if !isOpaque { values[to + 3] = index == transparentIndex ? 0 : 255 }
            }
        }
        return Samples(width: canvas.width, height: canvas.height, model: isOpaque ? .rgb : .rgbAlpha, values: values)
    }

    /// The row that each stored line belongs to.
    private static func rows(height: Int, isInterlaced: Bool) -> [Int] {
        guard isInterlaced else { return Array(0..<height) }
        return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0.0, to: height, by: $0.1)) }
    }
}

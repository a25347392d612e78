/// Reads uncompressed Windows bitmaps: 24 and 32 bits, and palettes of 1, 4 and 8 bits.
///
/// Our own reader, because the library's only way to read them is through a loader that is not fit for untrusted data.
struct BMPDecoder {
    private let bytes: [UInt8]
    private let path: String

    /// Decodes a bitmap.
    ///
    /// - Throws: ``DreamSimError`` when the data is damaged, ends early, is compressed or passes the limit.
    static func decode(_ bytes: [UInt8], path: String, pixelLimit: Int) throws(DreamSimError) -> Samples {
        try BMPDecoder(bytes: bytes, path: path).decode(pixelLimit: pixelLimit)
    }

    private func field(_ offset: Int, _ count: Int) throws(DreamSimError) -> Int {
        guard let value = bytes.integer(at: offset, bytes: count, .little) else {
            throw DreamSimError(.truncated, path, "the BMP ends inside its header; it was cut short")
        }
        return value
    }

    private func signed(_ offset: Int) throws(DreamSimError) -> Int {
        Int(Int32(truncatingIfNeeded: try field(offset, 4)))
    }

    private func decode(pixelLimit: Int) throws(DreamSimError) -> Samples {
        let headerSize = try field(14, 4)
        guard [12, 40, 52, 56, 64, 108, 124].contains(headerSize) else {
            throw DreamSimError(.malformed, path, "a BMP header of \(headerSize) bytes is unknown")
        }
        let isOld = headerSize == 12
        let width = isOld ? try field(18, 2) : try signed(18)
        let signedHeight = isOld ? try field(20, 2) : try signed(22)
        let height = abs(signedHeight)
        try Limits.check(width: width, height: height, limit: pixelLimit, path: path)
        let bits = try field(isOld ? 24 : 28, 2)
        let compression = isOld ? 0 : try field(30, 4)
        guard [1, 4, 8, 24, 32].contains(bits), compression == 0 || (compression == 3 && bits == 32) else {
            throw DreamSimError(
                .unsupported, path,
                "a BMP of \(bits) bits with compression \(compression); save it as 24-bit BMP or as PNG")
        }
        let offset = try field(10, 4)
        let rowBytes = (width * bits + 31) / 32 * 4
        guard offset <= bytes.count, rowBytes * height <= bytes.count - offset else {
            throw DreamSimError(
                .truncated, path,
                "\(width)x\(height) pixels of \(bits) bits need \(rowBytes * height) bytes at \(offset); "
                    + "the file has \(bytes.count) in all and was cut short")
        }
        let row: (Int) -> Int = { y in offset + (signedHeight < 0 ? y : height - 1 - y) * rowBytes }
        if bits <= 8 {
            let palette = try palette(headerSize: headerSize, bits: bits)
            return indexed(width: width, height: height, bits: bits, palette: palette, row: row)
        }
        let places = try places(headerSize: headerSize, bits: bits, compression: compression)
        let step = bits / 8
        let channels = places.count
        var values = [UInt8](repeating: 0, count: width * height * channels)
        for y in 0..<height {
            let start = row(y)
            for x in 0..<width {
                for c in 0..<channels { values[(y * width + x) * channels + c] = bytes[start + x * step + places[c]] }
            }
        }
        return Samples(width: width, height: height, model: channels == 4 ? .rgbAlpha : .rgb, values: values)
    }

    /// The byte of each channel in a pixel, from the masks when there are any.
    private func places(headerSize: Int, bits: Int, compression: Int) throws(DreamSimError) -> [Int] {
        guard compression == 3 else { return [2, 1, 0] }
        var places: [Int] = []
        for channel in 0..<(headerSize >= 56 ? 4 : 3) {
            let mask = try field(54 + 4 * channel, 4)
            if channel == 3 && mask == 0 { break }
            guard let place = [0xFF, 0xFF00, 0xFF_0000, 0xFF00_0000].firstIndex(of: mask) else {
                throw DreamSimError(
                    .unsupported, path, "a BMP with channels that are not whole bytes; save it as 24-bit BMP")
            }
            places.append(place)
        }
        return places
    }

    private func palette(headerSize: Int, bits: Int) throws(DreamSimError) -> [RGB] {
        let stated = headerSize == 12 ? 0 : try field(46, 4)
        let count = stated == 0 ? 1 << bits : stated
        guard count <= 1 << bits else {
            throw DreamSimError(.malformed, path, "a palette of \(count) colors for \(bits) bits")
        }
        let entry = headerSize == 12 ? 3 : 4
        var colors: [RGB] = []
        for i in 0..<256 {
            // Indices past the palette show as gray, as in Pillow.
            guard i < count else {
                colors.append(RGB(UInt8(i), UInt8(i), UInt8(i)))
                continue
            }
            let value = try field(14 + headerSize + i * entry, 3)
            colors.append(RGB(UInt32(value)))
        }
        return colors
    }

    private func indexed(width: Int, height: Int, bits: Int, palette: [RGB], row: (Int) -> Int) -> Samples {
        let perByte = 8 / bits
        var values: [UInt8] = []
        values.reserveCapacity(width * height * 3)
        for y in 0..<height {
            let start = row(y)
            for x in 0..<width {
                let byte = Int(bytes[start + x / perByte])
                let index = byte >> ((perByte - 1 - x % perByte) * bits) & (1 << bits - 1)
                values.append(palette[index].red)
                values.append(palette[index].green)
                values.append(palette[index].blue)
            }
        }
        return Samples(width: width, height: height, model: .rgb, values: values)
    }
}

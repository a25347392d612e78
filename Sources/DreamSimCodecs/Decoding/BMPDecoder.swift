/// Reads Windows bitmaps: 16, 24 and 32 bits, and palettes of 1, 4 and 8 bits, these in runs too (RLE8).
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
        try DecodingMemory.take(for: width * height, bands: 4 + 1, path: path)
        let bits = try field(isOld ? 24 : 28, 2)
        let compression = isOld ? 0 : try field(30, 4)
        let isRead =
            switch compression {
            case 0: [1, 4, 8, 16, 24, 32].contains(bits)
            case 1: bits == 8
            case 3: bits == 16 || bits == 32
            default: false
            }
        guard isRead else {
            throw DreamSimError(
                .unsupported, path,
                "a BMP of \(bits) bits with compression \(compression); save it as 24-bit BMP or as PNG")
        }
        let offset = try field(10, 4)
        if compression == 1 {
            let indices = try runs(width: width, height: height, at: offset)
            return indexed(width: width, height: height, palette: try palette(headerSize: headerSize, bits: bits)) {
                indices[(height - 1 - $1) * width + $0]
            }
        }
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
            let perByte = 8 / bits
            return indexed(width: width, height: height, palette: palette) { x, y in
                bytes[row(y) + x / perByte] >> ((perByte - 1 - x % perByte) * bits) & UInt8(1 << bits - 1)
            }
        }
        if bits == 16 {
            return try narrow(width: width, height: height, hasMasks: compression == 3, row: row)
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

    private func indexed(width: Int, height: Int, palette: [RGB], _ index: (_ x: Int, _ y: Int) -> UInt8) -> Samples {
        var values: [UInt8] = []
        values.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let color = palette[Int(index(x, y))]
                values += [color.red, color.green, color.blue]
            }
        }
        return Samples(width: width, height: height, model: .rgb, values: values)
    }

    /// Pixels of 16 bits: five bits a channel, or as the masks say. They are widened as Pillow does it.
    private func narrow(
        width: Int, height: Int, hasMasks: Bool, row: (Int) -> Int
    ) throws(DreamSimError) -> Samples {
        var channels: [(shift: Int, largest: Int)] = [(10, 31), (5, 31), (0, 31)]
        if hasMasks {
            for c in 0..<3 {
                let mask = try field(54 + 4 * c, 4)
                let shift = mask == 0 ? 0 : mask.trailingZeroBitCount
                channels[c] = (shift, mask >> shift)
                // A mask is one run of bits.
                guard mask > 0, mask <= 0xFFFF, (mask >> shift) & ((mask >> shift) + 1) == 0 else {
                    throw DreamSimError(.malformed, path, "a BMP whose mask of a channel is \(mask)")
                }
            }
        }
        var values: [UInt8] = []
        values.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let place = row(y) + 2 * x
                let pixel = Int(bytes[place]) | Int(bytes[place + 1]) << 8
                for channel in channels {
                    let value = (pixel >> channel.shift) & channel.largest
                    values.append(UInt8(value * 255 / channel.largest))
                }
            }
        }
        return Samples(width: width, height: height, model: .rgb, values: values)
    }

    /// The indices of an image in runs (RLE8), its lowest row first; what the runs leave out has index 0.
    private func runs(width: Int, height: Int, at offset: Int) throws(DreamSimError) -> [UInt8] {
        var indices = [UInt8](repeating: 0, count: width * height)
        var (x, y, position) = (0, 0, offset)
        func next() throws(DreamSimError) -> Int {
            guard position < bytes.count else {
                throw DreamSimError(.truncated, path, "the BMP ends inside its runs; it was cut short")
            }
            position += 1
            return Int(bytes[position - 1])
        }
        func put(_ index: Int) {
            if x < width, y < height { indices[y * width + x] = UInt8(index) }
            x += 1
        }
        while y < height {
            let (count, value) = (try next(), try next())
            switch (count, value) {
            case (0, 0): (x, y) = (0, y + 1)
            case (0, 1): return indices
            case (0, 2):
                x += try next()
                y += try next()
            case (0, let literals):
                for _ in 0..<literals { put(try next()) }
                // Literals fill whole words.
                if literals % 2 == 1 { _ = try next() }
            default: for _ in 0..<count { put(value) }
            }
        }
        return indices
    }
}

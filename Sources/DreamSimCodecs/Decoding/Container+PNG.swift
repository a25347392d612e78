import CDreamSimZlib

extension Container {
    /// The chunk that ends a PNG.
    private static let end: [UInt8] = [0, 0, 0, 0] + Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]

    /// Walks over the chunks of a PNG: finds its size and orientation, and keeps only the chunks that make pixels.
    ///
    /// - Throws: ``DreamSimError`` when the structure is damaged or the file ends early.
    package init(png bytes: [UInt8], path: String) throws(DreamSimError) {
        self.bytes = bytes
        var kept = [0..<8]
        var position = 8
        var (isComplete, hasPixels, wrongChecksums) = (false, false, 0)
        var colors = PNGColors(colorType: bytes.count > 25 ? bytes[25] : 2)
        while !isComplete {
            if hasPixels, position == bytes.count {
                warnings.append("the PNG has no end chunk; its pixels are all that were found")
                break
            }
            guard let length = bytes.integer(at: position, bytes: 4, .big), position + 8 <= bytes.count,
                length <= bytes.count - position - 12
            else {
                throw DreamSimError(
                    .truncated, path, "the PNG ends inside a chunk; it was cut short, fetch it again")
            }
            let chunk = position..<(position + 12 + length)
            let data = position + 8
            if position == 8 {
                guard bytes.holds("IHDR", at: 12), length == 13, let width = bytes.integer(at: data, bytes: 4, .big),
                    let height = bytes.integer(at: data + 4, bytes: 4, .big), width > 0, height > 0
                else { throw DreamSimError(.malformed, path, "the PNG does not begin with a sound header chunk") }
                size = (width, height)
            }
            if bytes.holds("eXIf", at: position + 4) {
                readExif(Array(bytes[data..<(data + length)]))
            } else if !hasPixels {
                colors.take(bytes[(position + 4)..<data], Array(bytes[data..<(data + length)]))
            }
            // The case of the first letter tells the chunks that a decoder must understand from those it may skip.
            let isCritical = bytes[position + 4] & 0x20 == 0
            if isCritical || bytes.holds("tRNS", at: position + 4) { kept.append(chunk) }
            let isPixels = bytes.holds("IDAT", at: position + 4)
            if isPixels {
                // Pixels have a checksum of their own, inside; where that is right, the chunk's does not matter.
                let checksum = Self.checksum(bytes[(position + 4)..<(data + length)])
                if checksum != bytes.integer(at: data + length, bytes: 4, .big) {
                    wrongChecksums += 1
                    for i in 0..<4 {
                        self.bytes[data + length + i] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * i))
                    }
                }
            }
            hasPixels = hasPixels || isPixels
            isComplete = bytes.holds("IEND", at: position + 4)
            position = chunk.upperBound
        }
        self.bytes = self.bytes.joined(kept) + (isComplete ? [] : Self.end)
        if wrongChecksums > 0 {
            warnings.append("the PNG has pixels whose checksum is wrong; they are read as they are")
        }
        hasColorProfile = colors.hasProfile
        profile = colors.profile
        warnings += colors.warnings
    }

    /// The CRC-32 of a chunk's name and content.
    private static func checksum(_ chunk: ArraySlice<UInt8>) -> Int {
        chunk.withUnsafeBufferPointer { Int(crc32(0, $0.baseAddress, UInt32($0.count))) }
    }
}

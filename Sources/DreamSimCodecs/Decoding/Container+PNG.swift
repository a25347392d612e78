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
        var (isComplete, hasPixels) = (false, false)
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
            } else if bytes.holds("iCCP", at: position + 4) {
                hasColorProfile = true
            }
            // The case of the first letter tells the chunks that a decoder must understand from those it may skip.
            let isCritical = bytes[position + 4] & 0x20 == 0
            if isCritical || bytes.holds("tRNS", at: position + 4) { kept.append(chunk) }
            hasPixels = hasPixels || bytes.holds("IDAT", at: position + 4)
            isComplete = bytes.holds("IEND", at: position + 4)
            position = chunk.upperBound
        }
        self.bytes = bytes.joined(kept) + (isComplete ? [] : Self.end)
    }
}

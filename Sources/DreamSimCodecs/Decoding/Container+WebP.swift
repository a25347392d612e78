extension Container {
    /// Walks over the chunks of a WebP file and reads its orientation; the decoder sees the bytes unchanged.
    ///
    /// - Throws: ``DreamSimError`` when the file is shorter than it says.
    init(webp bytes: [UInt8], path: String) throws(DreamSimError) {
        self.bytes = bytes
        // Some writers leave out the last byte when it is padding.
        guard let stated = bytes.integer(at: 4, bytes: 4, .little), stated + 8 <= bytes.count + 1 else {
            throw DreamSimError(
                .truncated, path, "the WebP file is shorter than its header states; it was cut short")
        }
        var position = 12
        while let length = bytes.integer(at: position + 4, bytes: 4, .little), length <= stated - position {
            let data = (position + 8)..<min(position + 8 + length, bytes.count)
            if bytes.holds("EXIF", at: position) {
                // Some writers repeat the prefix that JPEG needs.
                let prefix = bytes.holds("Exif\0\0", at: data.lowerBound) ? 6 : 0
                readExif(Array(bytes[data].dropFirst(prefix)))
            } else if bytes.holds("ICCP", at: position) {
                take(profile: Array(bytes[data]))
            }
            position = data.upperBound + (length & 1)
        }
    }
}

extension Container {
    /// The most scans that a progressive JPEG may have; encoders write about ten.
    static let scanLimit = 100
    /// The most pixels times scans: a large image with many scans costs minutes and holds few bytes.
    static let scannedPixelLimit = 4_000_000_000

    /// Walks over the markers of a JPEG: finds its size, orientation and number of scans, and drops its metadata.
    ///
    /// - Throws: ``DreamSimError`` when the structure is damaged or has too many scans.
    init(jpeg bytes: [UInt8], path: String) throws(DreamSimError) {
        self.bytes = bytes
        var kept = [0..<2]
        var scans = 0
        var profileParts: [UInt8: [UInt8]] = [:]
        var sawExif = false
        var position = 2
        func truncated(_ place: String) -> DreamSimError {
            DreamSimError(.truncated, path, "the JPEG ends inside \(place); it was cut short, fetch it again")
        }
        walk: while true {
            guard let marker = Self.nextMarker(in: bytes, from: position) else { break }
            let start = marker.offset
            position = marker.offset + 2
            switch marker.code {
            case 0xD9:
                kept.append(start..<position)
                break walk
            case 0x01, 0xD0...0xD7, 0xD8:
                kept.append(start..<position)
                continue
            default: break
            }
            guard let length = bytes.integer(at: position, bytes: 2, .big) else { throw truncated("a marker") }
            guard length >= 2 else {
                throw DreamSimError(.malformed, path, "a JPEG segment at byte \(start) has the length \(length)")
            }
            guard position + length <= bytes.count else { throw truncated("its header") }
            let segment = (position + 2)..<(position + length)
            position += length
            switch marker.code {
            case 0xDA:
                scans += 1
                position = Self.endOfScan(in: bytes, from: position)
                kept.append(start..<position)
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                try readFrame(segment, path: path)
                kept.append(start..<position)
            case 0xE1:
                if !sawExif, bytes.holds("Exif\0\0", at: segment.lowerBound) {
                    sawExif = true
                    readExif(Array(bytes[segment].dropFirst(6)))
                }
            case 0xE2:
                // A profile comes in numbered parts: 12 bytes of name, the number, how many there are.
                if bytes.holds("ICC_PROFILE\0", at: segment.lowerBound), segment.count > 14 {
                    let number = bytes[segment.lowerBound + 12]
                    profileParts[number] = profileParts[number] ?? Array(bytes[segment].dropFirst(14))
                }
            // What remains of the application segments are JFIF's and Adobe's, which say how color is stored.
            case 0xE3...0xED, 0xEF, 0xFE: break
            default: kept.append(start..<position)
            }
        }
        if !profileParts.isEmpty { take(profile: profileParts.sorted { $0.key < $1.key }.flatMap(\.value)) }
        guard let size else { throw truncated("its header") }
        guard scans > 0 else { throw truncated("its header") }
        guard scans <= Self.scanLimit, size.width * size.height * scans <= Self.scannedPixelLimit else {
            throw DreamSimError(
                .limitExceeded, path,
                "\(scans) scans over \(size.width)x\(size.height) pixels; at most \(Self.scanLimit) scans are decoded. "
                    + "Save the image again with an ordinary encoder")
        }
        self.scans = scans
        self.bytes = bytes.joined(kept)
    }

    /// Reads the size and the number of components of a frame header.
    private mutating func readFrame(_ segment: Range<Int>, path: String) throws(DreamSimError) {
        guard segment.count >= 6, let height = bytes.integer(at: segment.lowerBound + 1, bytes: 2, .big),
            let width = bytes.integer(at: segment.lowerBound + 3, bytes: 2, .big), width > 0, height > 0
        else { throw DreamSimError(.malformed, path, "the JPEG header states no size") }
        let components = bytes[segment.lowerBound + 5]
        guard [1, 3, 4].contains(components) else {
            throw DreamSimError(.unsupported, path, "a JPEG with \(components) components; convert it to RGB")
        }
        // A second frame header is an error that the decoder reports; the larger one counts for the limits.
        if let size, size.width * size.height >= width * height { return }
        size = (width, height)
    }

    /// The next marker at or after an offset: 0xFF, any number of fill bytes, a code that is neither 0 nor 0xFF.
    private static func nextMarker(in bytes: [UInt8], from offset: Int) -> (offset: Int, code: UInt8)? {
        var i = offset
        while i + 1 < bytes.count {
            if bytes[i] == 0xFF, bytes[i + 1] != 0xFF, bytes[i + 1] != 0 { return (i, bytes[i + 1]) }
            i += 1
        }
        return nil
    }

    /// The end of entropy-coded data: the next marker that is not a restart, or the end of the file.
    private static func endOfScan(in bytes: [UInt8], from offset: Int) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            var i = offset
            while i + 1 < buffer.count {
                if buffer[i] == 0xFF {
                    let code = buffer[i + 1]
                    if code != 0 && code != 0xFF && !(0xD0...0xD7).contains(code) { return i }
                }
                i += 1
            }
            return buffer.count
        }
    }
}

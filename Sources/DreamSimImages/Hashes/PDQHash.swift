import DreamSimSupport

/// A perceptual hash of 256 bits, PDQ of Meta's ThreatExchange: images that look alike have hashes that differ in few
/// bits, up to about 31; those of unrelated images differ in about 128.
package struct PDQHash: Sendable, Hashable {
    /// The bits, the most significant word first.
    package let words: SIMD4<UInt64>

    /// A hash from its bits.
    /// - Parameter isSet: Whether a bit, 0...255, is set; bit 255 is the first of the text.
    init(_ isSet: (Int) -> Bool) {
        var words = SIMD4<UInt64>()
        for bit in 0..<256 where isSet(bit) { words[3 - bit / 64] |= 1 << UInt64(bit % 64) }
        self.words = words
    }

    /// A hash from its bytes, the most significant first; nil unless there are 32.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words = SIMD4<UInt64>()
        for (i, byte) in bytes.enumerated() { words[i / 8] = words[i / 8] << 8 | UInt64(byte) }
        self.words = words
    }

    /// A hash from 64 hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: String) {
        guard let bytes = [UInt8](hexadecimal: text) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes, the most significant first.
    package var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
    }

    /// 64 hexadecimal digits, as ThreatExchange's tools write hashes.
    package var hexadecimal: String { bytes.hexadecimal }

    /// How many bits differ, 0...256.
    package func distance(to other: PDQHash) -> Int {
        Int((words ^ other.words).nonzeroBitCount.wrappedSum())
    }
}

extension PDQHash: Codable {
    /// Reads the hexadecimal text.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let hash = PDQHash(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a PDQ hash must be 64 hexadecimal digits")
        }
        self = hash
    }

    /// Writes the hexadecimal text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hexadecimal)
    }
}

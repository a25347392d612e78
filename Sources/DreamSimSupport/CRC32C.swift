/// CRC-32C (Castagnoli; RFC 3720), as in TensorBoard's records, eight bytes at a time.
package enum CRC32C {
    /// The sum of some bytes.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { extended(0, by: bytes) }

    /// The sum of some bytes.
    package static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }

    /// The sum of bytes whose sum is known and of those that follow them.
    package static func extended(_ sum: UInt32, by bytes: UnsafeRawBufferPointer) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var sum = ~sum
            var offset = 0
            while offset + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(sum)
                sum = 0
                for place in 0..<8 {
                    sum ^= table[(7 - place) * 256 + Int(truncatingIfNeeded: (word >> UInt64(8 * place)) & 255)]
                }
                offset += 8
            }
            while offset < bytes.count {
                sum = (sum >> 8) ^ table[Int((sum ^ UInt32(bytes[offset])) & 255)]
                offset += 1
            }
            return ~sum
        }
    }

    /// Of each byte, followed by 0 to 7 zeros.
    private static let table: [UInt32] = {
        var table: [UInt32] = []
        for byte in 0..<256 as Range<UInt32> {
            var sum = byte
            for _ in 0..<8 { sum = (sum >> 1) ^ (sum & 1 == 1 ? 0x82F6_3B78 : 0) }
            table.append(sum)
        }
        for place in 1..<8 {
            for byte in 0..<256 {
                let before = table[(place - 1) * 256 + byte]
                table.append((before >> 8) ^ table[Int(before & 255)])
            }
        }
        return table
    }()
}

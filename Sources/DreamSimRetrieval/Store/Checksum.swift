import CDreamSimZlib

/// CRC-32, as in zip files.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.baseAddress else { return 0 }
        var checksum = crc32(0, nil, 0)
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, 1 << 30)
            checksum = crc32(checksum, base.assumingMemoryBound(to: UInt8.self) + done, UInt32(count))
            done += count
        }
        return UInt32(truncatingIfNeeded: checksum)
    }

    static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }
}

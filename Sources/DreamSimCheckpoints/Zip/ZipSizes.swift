/// The sizes and the place of a member, with the 64-bit values of the zip64 extra field where the short ones are full.
struct ZipSizes {
    var uncompressed: Int
    var compressed: Int
    var headerOffset: Int

    /// Takes the 32-bit fields of a central record, or of a local header (whose `headerOffset` is given as 0).
    /// Nil when a full field has no 64-bit value, or when the extra field is broken.
    init?(uncompressed: Int, compressed: Int, headerOffset: Int, extra: UnsafeRawBufferPointer) {
        self.uncompressed = uncompressed
        self.compressed = compressed
        self.headerOffset = headerOffset
        var wide: UnsafeRawBufferPointer?
        var cursor = 0
        // Fewer than four bytes at the end are padding that some writers leave.
        while extra.count - cursor >= 4 {
            let size = extra.word16(cursor + 2)
            guard size <= extra.count - cursor - 4 else { return nil }
            if extra.word16(cursor) == 0x0001 {
                guard wide == nil else { return nil }
                wide = UnsafeRawBufferPointer(rebasing: extra[(cursor + 4)..<(cursor + 4 + size)])
            }
            cursor += 4 + size
        }
        var used = 0
        func widen(_ value: inout Int) -> Bool {
            guard value == 0xFFFF_FFFF else { return true }
            guard let wide, wide.count - used >= 8 else { return false }
            let word = UInt64(littleEndian: wide.loadUnaligned(fromByteOffset: used, as: UInt64.self))
            used += 8
            guard let size = Int(exactly: word) else { return false }
            value = size
            return true
        }
        guard widen(&self.uncompressed), widen(&self.compressed), widen(&self.headerOffset) else { return nil }
    }
}

/// A window in a mapped archive whose every access is checked; offsets are those of the archive.
struct ArchiveBytes {
    let bytes: UnsafeRawBufferPointer
    let path: String

    /// The bytes `offset ..< offset + count`.
    /// - Throws: `.malformed` when they are not all inside; `what` names them.
    func window(_ offset: Int, _ count: Int, _ what: String) throws(DreamSimError) -> UnsafeRawBufferPointer {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard offset >= 0, count >= 0, !overflow, end <= bytes.count else {
            throw DreamSimError(
                .malformed, path, offset: offset,
                "\(what) reaches past the end of the file (\(bytes.count) bytes)")
        }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    }

    /// The little-endian number at `offset`.
    func number<T: FixedWidthInteger>(
        _ offset: Int, as type: T.Type, _ what: String
    ) throws(DreamSimError) -> T {
        T(littleEndian: try window(offset, MemoryLayout<T>.size, what).loadUnaligned(as: T.self))
    }

    /// The little-endian 64-bit number at `offset`, which must be a possible offset or size.
    func size(_ offset: Int, _ what: String) throws(DreamSimError) -> Int {
        let value = try number(offset, as: UInt64.self, what)
        guard let size = Int(exactly: value) else {
            throw DreamSimError(.malformed, path, offset: offset, "\(what) states the impossible size \(value)")
        }
        return size
    }
}

extension UnsafeRawBufferPointer {
    /// A little-endian 16-bit number inside a window whose size is known to suffice.
    func word16(_ offset: Int) -> Int {
        Int(UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }

    /// A little-endian 32-bit number inside a window whose size is known to suffice.
    func word32(_ offset: Int) -> Int {
        Int(UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}

/// A position in untrusted bytes; every read is checked against their end.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    let path: String
    let key: String?
    /// Where the bytes start, for the offsets that errors report.
    let origin: Int
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer, path: String, key: String? = nil, origin: Int = 0) {
        self.bytes = bytes
        self.path = path
        self.key = key
        self.origin = origin
    }

    var remaining: Int { bytes.count - position }
    var isAtEnd: Bool { position == bytes.count }

    /// An error at the current position.
    func fault(_ kind: DreamSimError.Kind, at place: Int? = nil, _ reason: String) -> DreamSimError {
        DreamSimError(kind, path, key: key, offset: origin + (place ?? position), reason)
    }

    /// Steps over `count` bytes and returns where they lie.
    mutating func take(_ count: Int, _ what: @autoclosure () -> String) throws(DreamSimError) -> Range<Int> {
        guard count >= 0, count <= remaining else {
            throw fault(.malformed, "\(what()) of \(count) bytes is cut off: only \(remaining) are left")
        }
        defer { position += count }
        return position..<position + count
    }

    /// Reads a little-endian integer.
    mutating func integer<T: FixedWidthInteger>(_ type: T.Type, _ what: @autoclosure () -> String)
        throws(DreamSimError) -> T
    {
        let range = try take(MemoryLayout<T>.size, what())
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self))
    }

    /// Reads a little-endian length that must fit in `Int`.
    mutating func length<T: FixedWidthInteger>(_ type: T.Type, _ what: @autoclosure () -> String)
        throws(DreamSimError) -> Int
    {
        let start = position
        let value = try integer(type, what())
        guard let length = Int(exactly: value), length >= 0 else {
            throw fault(.malformed, at: start, "\(what()) says a length of \(value)")
        }
        return length
    }

    /// The next byte, without stepping over it.
    var peek: UInt8? { isAtEnd ? nil : bytes[position] }

    /// Steps over the byte that `peek` showed.
    mutating func skip() {
        position = min(position + 1, bytes.count)
    }

    /// The bytes of a range that `take` returned.
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}

/// Text of untrusted bytes; nil when they are not UTF-8.
func strictUTF8(_ bytes: UnsafeRawBufferPointer) -> String? {
    String(validating: bytes, as: UTF8.self)
}

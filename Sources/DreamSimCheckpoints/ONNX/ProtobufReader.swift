/// Reads the fields of one protobuf message, bounds-checked. Groups, which protobuf itself gave up, are refused.
struct ProtobufReader {
    /// The content of a field; lengths and offsets are of the reader's own bytes.
    enum Content {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(Range<Int>)
    }

    private(set) var cursor: ByteCursor

    init(_ cursor: ByteCursor) {
        self.cursor = cursor
    }

    /// The next field; nil at the end of the message.
    mutating func next() throws(DreamSimError) -> (number: Int, content: Content)? {
        guard !cursor.isAtEnd else { return nil }
        let place = cursor.position
        let tag = try varint()
        let number = tag >> 3
        guard (1...0x1FFF_FFFF).contains(number) else {
            throw cursor.fault(.malformed, at: place, "\(number) is not a protobuf field number")
        }
        switch tag & 7 {
        case 0: return (Int(number), .varint(try varint()))
        case 1: return (Int(number), .fixed64(try cursor.integer(UInt64.self, "a field")))
        case 2:
            let length = try varint()
            guard length <= UInt64(cursor.remaining) else {
                throw cursor.fault(
                    .malformed, at: place, "a field of \(length) bytes is cut off: only \(cursor.remaining) are left")
            }
            return (Int(number), .bytes(try cursor.take(Int(length), "a field")))
        case 5: return (Int(number), .fixed32(try cursor.integer(UInt32.self, "a field")))
        default: throw cursor.fault(.malformed, at: place, "\(tag & 7) is not a protobuf wire type")
        }
    }

    /// A variable-length integer of at most ten bytes.
    mutating func varint() throws(DreamSimError) -> UInt64 {
        let place = cursor.position
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try cursor.integer(UInt8.self, "a variable-length integer")
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw cursor.fault(.malformed, at: place, "a variable-length integer is longer than 64 bits")
    }

    /// True when every byte was read.
    var isAtEnd: Bool { cursor.isAtEnd }

    /// A reader of a message inside this one.
    func message(_ range: Range<Int>) -> ProtobufReader {
        ProtobufReader(
            ByteCursor(
                cursor.slice(range), path: cursor.path, key: cursor.key, origin: cursor.origin + range.lowerBound))
    }

    /// The text of a field.
    func text(_ range: Range<Int>) throws(DreamSimError) -> String {
        guard let text = strictUTF8(cursor.slice(range)) else {
            throw cursor.fault(.malformed, at: range.lowerBound, "a text is not UTF-8")
        }
        return text
    }

    /// The same range counted from the start of the file.
    func inFile(_ range: Range<Int>) -> Range<Int> {
        cursor.origin + range.lowerBound..<cursor.origin + range.upperBound
    }
}

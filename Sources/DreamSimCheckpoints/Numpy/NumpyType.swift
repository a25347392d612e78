/// A numpy dtype: the type of the elements and their byte order.
struct NumpyType: Hashable, Sendable {
    var elementType: ElementType
    var isBigEndian: Bool

    /// Reads `<f4`, `|u1`, `>i8` or, as pickles write it, `f4`; nil for every other type.
    init?(_ text: String) {
        var rest = Substring(text)
        var isBigEndian = false
        if let order = rest.first, "<>|=".contains(order) {
            isBigEndian = order == ">"
            rest = rest.dropFirst()
        }
        guard let elementType = Self.known[String(rest)] else { return nil }
        self.elementType = elementType
        self.isBigEndian = isBigEndian && elementType.byteCount > 1
    }

    private static let known: [String: ElementType] = [
        "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16, "i1": .int8,
        "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool,
    ]

    static let supported = "float16/32/64, (u)int8/16/32/64 and bool are read"
}

/// The order of the bytes of a number.
enum ByteOrder {
    case big
    case little
}

extension Array where Element == UInt8 {
    /// An unsigned number of up to 4 bytes, or nil past the end.
    func integer(at offset: Int, bytes count: Int, _ order: ByteOrder) -> Int? {
        guard offset >= 0, offset <= self.count - count else { return nil }
        var value = 0
        for i in 0..<count {
            value = value << 8 | Int(self[order == .big ? offset + i : offset + count - 1 - i])
        }
        return value
    }

    /// Whether the ASCII text stands at an offset.
    func holds(_ text: StaticString, at offset: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard offset >= 0, offset <= count - length else { return false }
        for i in 0..<length where self[offset + i] != text.utf8Start[i] { return false }
        return true
    }

    /// The bytes of the given ranges, one after the other.
    func joined(_ ranges: [Range<Int>]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(ranges.reduce(0) { $0 + $1.count })
        for range in ranges { result.append(contentsOf: self[range]) }
        return result
    }
}

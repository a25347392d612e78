/// A set of rows, a bit each.
struct RowMask: Sendable {
    private var words: [UInt64]

    init(rows: Int, all: Bool) {
        words = Array(repeating: all ? .max : 0, count: (rows + 63) / 64)
    }

    subscript(row: Int) -> Bool {
        get { words[row >> 6] >> UInt64(row & 63) & 1 == 1 }
        set {
            if newValue {
                words[row >> 6] |= 1 << UInt64(row & 63)
            } else {
                words[row >> 6] &= ~(1 << UInt64(row & 63))
            }
        }
    }
}

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

    /// How many of the first `rows` rows are in the set.
    func count(of rows: Int) -> Int {
        words.indices.reduce(0) { sum, index in
            let left = rows - index * 64
            let word = left >= 64 ? words[index] : left > 0 ? words[index] & (1 << UInt64(left) - 1) : 0
            return sum + word.nonzeroBitCount
        }
    }
}

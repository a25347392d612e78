/// The rows with the highest scores of those that were offered; of equal scores the lower row. A heap whose top is the
/// worst that is kept.
struct BestRows {
    struct Entry {
        let score: Float
        let row: Int32

        /// Whether this comes before another in the ranking.
        func isBetter(than other: Entry) -> Bool {
            score > other.score || (score == other.score && row < other.row)
        }
    }

    /// An entry that the heap may give up; the worst comes first.
    private struct Kept: Ordered {
        let entry: Entry

        func precedes(_ other: Kept) -> Bool { other.entry.isBetter(than: entry) }
    }

    private let capacity: Int
    private var heap = Heap<Kept>()

    /// Scores below this are not kept.
    private(set) var threshold: Float

    init(_ capacity: Int) {
        self.capacity = capacity
        threshold = capacity > 0 ? -.infinity : .infinity
        heap.reserve(capacity)
    }

    mutating func offer(_ entry: Entry) {
        if heap.count < capacity {
            heap.push(Kept(entry: entry))
        } else if let worst = heap.top, entry.isBetter(than: worst.entry) {
            heap.replaceTop(with: Kept(entry: entry))
        }
        if heap.count == capacity, let worst = heap.top { threshold = worst.entry.score }
    }

    mutating func offer(all other: BestRows) { other.heap.unordered.forEach { offer($0.entry) } }

    /// From the best to the worst.
    var ranked: [Entry] { heap.unordered.map(\.entry).sorted { $0.isBetter(than: $1) } }
}

import HeapModule

/// The rows with the highest scores of those that were offered; of equal scores the lower row.
struct BestRows {
    /// A row; what is worse comes first.
    struct Entry: Comparable {
        let score: Float
        let row: Int32

        /// Whether this comes before another in the ranking.
        func isBetter(than other: Entry) -> Bool {
            score > other.score || (score == other.score && row < other.row)
        }

        static func < (a: Entry, b: Entry) -> Bool { b.isBetter(than: a) }
    }

    private let capacity: Int
    private var heap = Heap<Entry>()

    /// Scores below this are not kept.
    private(set) var threshold: Float

    init(_ capacity: Int) {
        self.capacity = capacity
        threshold = capacity > 0 ? -.infinity : .infinity
        heap.reserveCapacity(capacity)
    }

    mutating func offer(_ entry: Entry) {
        if heap.count < capacity {
            heap.insert(entry)
        } else if let worst = heap.min, entry.isBetter(than: worst) {
            heap.replaceMin(with: entry)
        }
        if heap.count == capacity, let worst = heap.min { threshold = worst.score }
    }

    mutating func offer(all other: BestRows) { other.heap.unordered.forEach { offer($0) } }

    /// From the best to the worst.
    var ranked: [Entry] { heap.unordered.sorted { $0.isBetter(than: $1) } }
}

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

    private let capacity: Int
    private var heap: [Entry] = []

    /// Scores below this are not kept.
    private(set) var threshold: Float

    init(_ capacity: Int) {
        self.capacity = capacity
        threshold = capacity > 0 ? -.infinity : .infinity
        heap.reserveCapacity(capacity)
    }

    mutating func offer(_ entry: Entry) {
        if heap.count < capacity {
            heap.append(entry)
            var child = heap.count - 1
            while child > 0, heap[(child - 1) / 2].isBetter(than: heap[child]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else if let worst = heap.first, entry.isBetter(than: worst) {
            heap[0] = entry
            var parent = 0
            while true {
                var worst = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if heap[worst].isBetter(than: heap[child]) { worst = child }
                }
                guard worst != parent else { break }
                heap.swapAt(parent, worst)
                parent = worst
            }
        }
        if heap.count == capacity, let worst = heap.first { threshold = worst.score }
    }

    mutating func offer(all other: BestRows) { other.heap.forEach { offer($0) } }

    /// From the best to the worst.
    var ranked: [Entry] { heap.sorted { $0.isBetter(than: $1) } }
}

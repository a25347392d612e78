/// Groups of an image that is kept and all that is near it.
///
/// The best image is kept first, and what is near it joins it; then the best of the rest, and so on. So every member is near
/// the kept one, nothing chains further, no two kept images are near each other, and an original has one group even when two
/// of its copies are far from each other. The groups are those of complete linkage after all that is near a kept image has
/// joined it; they depend on nothing but the pairs and the order.
package struct KeptGroups {
    /// The members of each group with at least two, the kept one first, the others in the order; groups from the best kept
    /// image on.
    package let groups: [[Int32]]

    /// - Parameters:
    ///   - rows: all rows that are near others, from the best on.
    ///   - near: the pairs.
    package init(of rows: [Int32], _ near: Neighbors) {
        var place: [Int32: Int] = [:]
        for (index, row) in rows.enumerated() { place[row] = index }
        var isTaken = [Bool](repeating: false, count: rows.count)
        var groups: [[Int32]] = []
        for (index, row) in rows.enumerated() where !isTaken[index] {
            isTaken[index] = true
            let members = near.rows(near: row).compactMap { place[$0] }.filter { !isTaken[$0] }.sorted()
            for member in members { isTaken[member] = true }
            if !members.isEmpty { groups.append([row] + members.map { rows[$0] }) }
        }
        self.groups = groups
    }
}

/// Which rows are near which, compactly.
package struct Neighbors {
    private let pairs: [RowPair]
    /// For each row the places of its pairs.
    private var starts: [Int32: Range<Int>] = [:]
    private var entries: [(row: Int32, other: Int32, pair: Int32)]

    /// - Parameter pairs: each once, in any order.
    package init(_ pairs: [RowPair]) {
        self.pairs = pairs
        entries = pairs.indices.flatMap { index in
            let (a, b, pair) = (pairs[index].first, pairs[index].second, Int32(index))
            return [(a, b, pair), (b, a, pair)]
        }
        entries.sort { ($0.row, $0.other) < ($1.row, $1.other) }
        var start = 0
        for end in entries.indices where end + 1 == entries.count || entries[end + 1].row != entries[start].row {
            starts[entries[start].row] = start..<(end + 1)
            start = end + 1
        }
    }

    /// All rows that are near others.
    var rows: some Sequence<Int32> { starts.keys }

    /// The rows that are near one, ascending.
    func rows(near row: Int32) -> [Int32] { entries[starts[row] ?? 0..<0].map(\.other) }

    /// The pair of two rows; nil when they are not near.
    subscript(a: Int32, b: Int32) -> RowPair? {
        guard let range = starts[a] else { return nil }
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].other < b { low = middle + 1 } else { high = middle }
        }
        return low < range.upperBound && entries[low].other == b ? pairs[Int(entries[low].pair)] : nil
    }
}

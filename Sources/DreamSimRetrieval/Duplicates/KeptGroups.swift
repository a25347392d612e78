/// Groups of an image that is kept and all that is near it.
///
/// The best image is kept, and what is near it is not; then the best of the rest, and so on. Each other image joins the one of the
/// better kept ones that it is closest to. So no two kept images are near each other, an original has one group even when two of its copies are
/// far from each other, and nothing chains; but for an image that is near no kept one and whose hash agrees with that of a copy:
/// it joins the copy's group. The groups depend on nothing but the pairs and the order.
package struct KeptGroups {
    /// The members of each group with at least two, the kept one first, the others in the order; groups from the best kept
    /// image on.
    package let groups: [[Int32]]

    /// - Parameters:
    ///   - rows: all rows that are near others, from the best on.
    ///   - near: the pairs.
    ///   - joinsCopies: whether what is near no kept image joins the group of a copy whose hash agrees.
    package init(of rows: [Int32], _ near: Neighbors, joinsCopies: Bool = true) {
        func closest(_ row: Int32, where isWanted: (RowPair) -> Bool) -> Int32? {
            near.pairs(of: row).filter(isWanted).min { $0.isCloser(than: $1) }?.other(than: row)
        }
        var kept: Set<Int32> = []
        var leaders: [Int32: Int32] = [:]
        for row in rows {
            // Those before it are better.
            if let leader = closest(row, where: { kept.contains($0.other(than: row)) }) {
                leaders[row] = leader
            } else {
                kept.insert(row)
            }
        }
        let copies = leaders
        let leading = Set(leaders.values)
        for row in rows where joinsCopies && kept.contains(row) && !leading.contains(row) {
            leaders[row] = closest(row) { $0.match != nil && copies[$0.other(than: row)] != nil }.flatMap { copies[$0] }
        }
        var members: [Int32: [Int32]] = [:]
        for row in rows { if let leader = leaders[row] { members[leader, default: [leader]].append(row) } }
        groups = rows.compactMap { members[$0] }
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

    /// The pairs that a row is one of.
    func pairs(of row: Int32) -> [RowPair] { entries[starts[row] ?? 0..<0].map { pairs[Int($0.pair)] } }

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

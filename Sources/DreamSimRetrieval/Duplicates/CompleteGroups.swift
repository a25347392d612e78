/// Groups in which every pair is within the threshold, made from all pairs that are.
///
/// Pairs are taken from the most alike on; the groups of a pair's two members are joined when every pair across them is
/// within the threshold too. So nothing chains: a and c do not meet in a group because both are near b. The result
/// depends on nothing but the pairs.
package struct CompleteGroups {
    /// The members of each group with at least two, in ascending order; groups in the order of their first members.
    package let groups: [[Int32]]

    /// - Parameter pairs: sorted by `RowPair.precedes`.
    package init(_ pairs: [RowPair]) {
        let near = Neighbors(pairs)
        var members: [Int32: [Int32]] = [:]
        var group: [Int32: Int32] = [:]
        for pair in pairs {
            let (a, b) = (group[pair.first] ?? pair.first, group[pair.second] ?? pair.second)
            if a == b { continue }
            let (left, right) = (members[a] ?? [a], members[b] ?? [b])
            guard left.allSatisfy({ x in right.allSatisfy { near.contains(x, $0) } }) else { continue }
            let (kept, gone) = (min(a, b), max(a, b))
            members[kept] = left + right
            members[gone] = nil
            for member in left + right { group[member] = kept }
        }
        groups = members.values.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    }
}

/// Which rows are near which, compactly.
struct Neighbors {
    private var starts: [Int32: Range<Int>] = [:]
    private var entries: [(row: Int32, distance: Double)]

    init(_ pairs: [RowPair]) {
        let sorted = pairs.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
        entries = sorted.map { ($0.second, $0.distance) }
        var start = 0
        for end in 1..<(sorted.count + 1) where end == sorted.count || sorted[end].first != sorted[start].first {
            if sorted.isEmpty { break }
            starts[sorted[start].first] = start..<end
            start = end
        }
    }

    /// The distance of two rows; nil when they are not near.
    func distance(_ a: Int32, _ b: Int32) -> Double? {
        guard let range = starts[min(a, b)] else { return nil }
        let wanted = max(a, b)
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].row < wanted { low = middle + 1 } else { high = middle }
        }
        return low < range.upperBound && entries[low].row == wanted ? entries[low].distance : nil
    }

    func contains(_ a: Int32, _ b: Int32) -> Bool { distance(a, b) != nil }
}

extension PairSearch {
    /// How many neighbors of each row are looked at first, and at most where all of them are within the limit.
    private static let (fewest, mostNeighbors) = (32, 4096)
    private static let together = 512

    /// Pairs within the distance as far as the nearest-neighbor graph leads to them, from the most alike on.
    /// - Throws: `DreamSimError`: without a graph `.missing`; `.badRequest` when there are too many pairs.
    func pairs(byGraphOf reader: IndexReader, progress: (_ done: Int, _ total: Int) -> Void) throws -> [RowPair] {
        var included = RowMask(rows: vectors.rows, all: false)
        rows.forEach { included[Int($0)] = true }
        var found: Set<RowPair> = []
        for start in stride(from: 0, to: rows.count, by: Self.together) {
            progress(start, rows.count)
            var waiting = Array(rows[start..<min(start + Self.together, rows.count)])
            var wanted = Self.fewest
            while !waiting.isEmpty {
                let near = try nearest(of: waiting, wanted, included, reader)
                var candidates: [(Int32, Int32)] = []
                var again: [Int32] = []
                for (row, others) in zip(waiting, near) {
                    if others.count > wanted && wanted < Self.mostNeighbors {
                        again.append(row)
                        continue
                    }
                    for other in others where other != row {
                        let (a, b) = (min(row, other), max(row, other))
                        if sides?.areApart(Int(a), Int(b)) ?? true { candidates.append((a, b)) }
                    }
                }
                try found.formUnion(exact(candidates))
                guard found.count <= Self.most else {
                    throw DreamSimError(
                        .badRequest, "distance \(limit)",
                        "more than \(Self.most) pairs of images are within it; choose a smaller one")
                }
                waiting = again
                wanted *= 4
            }
        }
        progress(rows.count, rows.count)
        return found.sorted(by: RowPair.precedes)
    }

    /// For each row those that are near enough, itself among them, and one more than wanted at most.
    private func nearest(
        of block: [Int32], _ wanted: Int, _ included: RowMask, _ reader: IndexReader
    ) throws -> [[Int32]] {
        // As in the exact search: sums in float32 round, and what is near is computed exactly.
        let threshold = Float(1 - limit - 1e-3)
        return try reader.nearest(
            to: vectors.stored.gathered(block), wanted: wanted + 1, mask: included,
            method: .approximate(effort: 2 * wanted)
        ).map { $0.filter { $0.score >= threshold }.map(\.row) }
    }
}

import Synchronization

/// Gathers the best rows of all queries, each thread for itself.
///
/// `@unchecked Sendable`: every lane has its own part, and no two threads have the same lane.
final class BestRowsByLane: @unchecked Sendable {
    private let queries: Int
    private let mask: RowMask?
    private var best: [UnsafeMutableBufferPointer<BestRows>]
    /// A wanted row whose score is NaN; -1 when there was none.
    private let unscored = Atomic(-1)

    init(queries: Int, wanted: Int, lanes: Int, mask: RowMask?) {
        self.queries = queries
        self.mask = mask
        best = (0..<lanes).map { _ in
            let lane = UnsafeMutableBufferPointer<BestRows>.allocate(capacity: queries)
            lane.initialize(repeating: BestRows(wanted))
            return lane
        }
    }

    deinit {
        for lane in best {
            lane.deinitialize()
            lane.deallocate()
        }
    }

    func take(_ block: RowScan.Block) {
        let best = best[block.lane]
        var score = block.scores
        for row in block.rows {
            for query in 0..<queries {
                // Not so of NaN, which is never kept.
                guard !(score[query] < best[query].threshold), mask?[row] ?? true else { continue }
                if score[query].isNaN {
                    unscored.store(row, ordering: .relaxed)
                } else {
                    best[query].offer(BestRows.Entry(score: score[query], row: Int32(truncatingIfNeeded: row)))
                }
            }
            score += queries
        }
    }

    /// - Throws: `DreamSimError` with `.damaged` when a row of these vectors has no score.
    func ranked(of vectors: MappedVectors) throws(DreamSimError) -> [[BestRows.Entry]] {
        guard unscored.load(ordering: .relaxed) < 0 else { throw vectors.notFinite }
        return (0..<queries).map { query in
            var all = best[0][query]
            for lane in best.dropFirst() { all.offer(all: lane[query]) }
            return all.ranked
        }
    }
}

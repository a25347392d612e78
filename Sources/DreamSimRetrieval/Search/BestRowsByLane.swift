/// Gathers the best rows of all queries, each thread for itself.
///
/// `@unchecked Sendable`: every lane has its own part, and no two threads have the same lane.
final class BestRowsByLane: @unchecked Sendable {
    private let queries: Int
    private let mask: RowMask?
    private var best: [UnsafeMutableBufferPointer<BestRows>]

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
                // NaN is never kept.
                if score[query] >= best[query].threshold, mask?[row] ?? true {
                    best[query].offer(BestRows.Entry(score: score[query], row: Int32(truncatingIfNeeded: row)))
                }
            }
            score += queries
        }
    }

    func ranked() -> [[BestRows.Entry]] {
        (0..<queries).map { query in
            var all = best[0][query]
            for lane in best.dropFirst() { all.offer(all: lane[query]) }
            return all.ranked
        }
    }
}

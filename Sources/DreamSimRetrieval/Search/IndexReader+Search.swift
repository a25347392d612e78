import Foundation
import GRDB

/// What is searched for.
package struct SearchQuery: Sendable {
    /// The components; their number is the index's width. Their scale does not matter.
    package let vector: [Float]
    /// Files that are not wanted among the results: the query's own.
    package let excluded: Set<ImagePath>

    /// Searches for a vector.
    package init(vector: [Float], excluded: Set<ImagePath> = []) {
        self.vector = vector
        self.excluded = excluded
    }
}

/// A file that was found.
public struct SearchHit: Sendable {
    /// The file.
    public let file: IndexedFile
    /// One minus the cosine; lower is more alike.
    public let distance: Double
}

extension IndexReader {
    /// Finds the files that are most alike.
    ///
    /// Exactly, each query is compared with every vector and nothing is missed; all queries are answered in one pass over
    /// the vectors, and memory does not depend on how many there are. Approximately, the nearest-neighbor graph leads to few
    /// of them. Distances are exact either way.
    /// - Parameters:
    ///   - queries: what is searched for.
    ///   - count: how many files are wanted for each, at least 1.
    ///   - filter: which files may be found.
    ///   - method: how they are found.
    /// - Returns: for each query its files, the most alike first; equal distances in the order of their paths.
    /// - Throws: `DreamSimError`: `.badRequest` for a vector of another width or one that is not finite, `.damaged` when a
    ///   vector has changed; for an approximate search what `neighbors()` throws, and `.missing` without a graph.
    package func search(
        _ queries: [SearchQuery], count: Int, filter: SearchFilter = SearchFilter(), method: SearchMethod = .exact
    ) throws -> [[SearchHit]] {
        let units = try queries.map { query in
            guard query.vector.count == settings.width, query.vector.allSatisfy(\.isFinite) else {
                throw DreamSimError(
                    .badRequest, "query",
                    "has \(query.vector.count) components where the index has \(settings.width), or is not finite")
            }
            return IndexWriter.unit(query.vector)
        }
        guard count > 0 else { throw DreamSimError(.badRequest, "number of results \(count)", "must be at least 1") }
        let mask = try mask(filter)
        // Some more than wanted, because float32 sums round, and because the query's own files are left out.
        let wanted = min(vectors.rows, count + 16 + (queries.map(\.excluded.count).max() ?? 0))
        let found = try nearest(
            to: Tensor(units.joined().map { $0 }, shape: [units.count, settings.width]), wanted: wanted, mask: mask,
            method: method)
        let results = try zip(queries, zip(units, found)).map { query, found in
            try hits(found.1.map { Int($0.row) }, found.0, query.excluded, count, filter)
        }
        try vectors.checkIsWhole()
        return results
    }

    /// The rows with the highest scores, the best first.
    /// - Parameter queries: [count, width], each of length 1.
    func nearest(
        to queries: Tensor, wanted: Int, mask: RowMask?, method: SearchMethod
    ) throws -> [[BestRows.Entry]] {
        let found = try rowsNear(queries, wanted: wanted, mask: mask, method: method)
        try vectors.checkIsWhole()
        return found
    }

    private func rowsNear(
        _ queries: Tensor, wanted: Int, mask: RowMask?, method: SearchMethod
    ) throws -> [[BestRows.Entry]] {
        guard case .approximate(let effort) = method, try isWorthWalking(mask) else {
            return try nearestExactly(to: queries, wanted: wanted, mask: mask, in: 0..<vectors.rows)
        }
        let graph = try requireGraph()
        let near = try graph.nearest(
            to: queries, wanted: wanted, effort: effort ?? SearchMethod.standardEffort, mask: mask)
        // Where the links lead to fewer than there are, all are compared: nobody is to take a short answer for a whole one.
        let inGraph = mask.map { $0.count(of: graph.file.header.rows) } ?? graph.file.header.rows
        guard near.allSatisfy({ $0.count >= min(wanted, inGraph) }) else {
            return try nearestExactly(to: queries, wanted: wanted, mask: mask, in: 0..<vectors.rows)
        }
        guard !graph.newRows.isEmpty else { return near }
        let new = try nearestExactly(to: queries, wanted: wanted, mask: mask, in: graph.newRows)
        return zip(near, new).map { near, new in
            Array((near + new).sorted { $0.isBetter(than: $1) }.prefix(wanted))
        }
    }

    /// Whether enough rows are left by a filter for walking through the graph to find them; comparing all is quicker
    /// where a walk would mostly meet others.
    private func isWorthWalking(_ mask: RowMask?) throws -> Bool {
        guard let mask else { return true }
        return 8 * mask.count(of: vectors.rows) >= vectors.rows
    }

    private func nearestExactly(
        to queries: Tensor, wanted: Int, mask: RowMask?, in range: Range<Int>
    ) throws(DreamSimError) -> [[BestRows.Entry]] {
        let found = BestRowsByLane(queries: queries.shape[0], wanted: wanted, lanes: RowScan.lanes, mask: mask)
        RowScan(queries).forEachBlock(of: vectors.stored, in: range) { found.take($0) }
        return try found.ranked(of: vectors)
    }

    /// The rows that may be found; nil for all.
    func mask(_ filter: SearchFilter = SearchFilter()) throws -> RowMask? {
        try read { db in
            if let condition = filter.condition {
                var mask = RowMask(rows: vectors.rows, all: false)
                let rows = try Int.fetchCursor(
                    db,
                    sql: "SELECT file.row FROM file JOIN content ON content.row = file.row WHERE \(condition.sql)",
                    arguments: condition.arguments)
                while let row = try rows.next() {
                    if vectors.holds(row) { mask[row] = true }
                }
                return mask
            }
            var mask: RowMask?
            let dead = try Int.fetchCursor(db, sql: "SELECT row FROM dead")
            while let row = try dead.next() {
                guard vectors.holds(row) else { continue }
                if mask == nil { mask = RowMask(rows: vectors.rows, all: true) }
                mask?[row] = false
            }
            return mask
        }
    }

    /// The files of rows, by their exact distance.
    private func hits(
        _ rows: [Int], _ unit: [Float], _ excluded: Set<ImagePath>, _ count: Int, _ filter: SearchFilter
    ) throws -> [SearchHit] {
        let condition = filter.condition
        let ranked = rows.map { (row: $0, distance: Embedding.cosineDistance(unit, vectors.values($0))) }
            .sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
        var hits: [SearchHit] = []
        try read { db in
            let statement = try db.cachedStatement(
                sql: IndexedFile.selection + " WHERE file.row = ?" + (condition.map { " AND \($0.sql)" } ?? ""))
            for (row, distance) in ranked {
                // Among equal distances paths decide, so that all of them have to be seen.
                if hits.count >= count, let last = hits.last, last.distance < distance { break }
                let files = try Row.fetchAll(
                    statement, arguments: [row] + (condition?.arguments ?? StatementArguments())
                ).map(IndexedFile.init).filter { !excluded.contains($0.path) }
                if let first = files.first { try check(first) }
                hits += files.map { SearchHit(file: $0, distance: distance) }
            }
        }
        hits.sort {
            $0.distance != $1.distance
                ? $0.distance < $1.distance : $0.file.path.bytes.lexicographicallyPrecedes($1.file.path.bytes)
        }
        return Array(hits.prefix(count))
    }
}

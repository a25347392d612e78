import GRDB

/// What was found when an index was checked.
package struct IndexCheckReport: Sendable, Encodable {
    /// Images that can be searched.
    package let images: Int
    /// Vectors that belong to images.
    package let vectors: Int
    /// Their width.
    package let width: Int
    /// How they are kept.
    package let precision: VectorPrecision
    /// Vectors that no image has any more, until the next compaction.
    package let unused: Int
    /// Vectors that differ from their checksums.
    package let damaged: Int
    /// The nearest-neighbor graph, when there is one that can be used.
    package let neighbors: NeighborReport?
    /// What is wrong, each with what to do.
    package let faults: [String]
}

extension IndexReader {
    /// Checks the database, every vector and the nearest-neighbor graph. Changes nothing.
    /// - Parameter progress: called with the number of vectors that were read.
    /// - Throws: `DreamSimError` with `.damaged` or `.unreadable` when the database itself cannot be read.
    package func check(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> IndexCheckReport {
        var faults = try read { try String.fetchAll($0, sql: "PRAGMA integrity_check(3)") }.filter { $0 != "ok" }
            .map { "\(path): \($0); delete the index's folder and index the images again" }
        let total = vectors.rows
        var (count, damaged) = (0, 0)
        try read { db in
            let contents = try Row.fetchCursor(db, sql: "SELECT row, checksum FROM content ORDER BY row")
            while let content = try contents.next() {
                let (row, checksum): (Int, Int64) = (try content.value("row"), try content.value("checksum"))
                count += 1
                if !vectors.holds(row) || Int64(Checksum.of(vectors.bytes(row))) != checksum { damaged += 1 }
                if count % 4096 == 0 { progress(count, total) }
            }
        }
        if damaged > 0 {
            faults.append(
                "\(vectors.url.path): \(damaged) vectors have changed; update the index and read all files again")
        }
        var graph: NeighborReport?
        do {
            graph = try neighbors()
            if graph != nil { try verifyNeighbors() }
        } catch let error as DreamSimError {
            faults.append("\(error)")
            graph = nil
        }
        return IndexCheckReport(
            images: try self.count(), vectors: count, width: settings.width, precision: settings.precision,
            unused: try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM dead") ?? 0 }, damaged: damaged,
            neighbors: graph, faults: faults)
    }
}

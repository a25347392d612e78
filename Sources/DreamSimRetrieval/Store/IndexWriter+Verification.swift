import Foundation
import GRDB

extension IndexWriter {
    /// Compares every vector with its checksum and checks the database's structure. Files whose vectors have changed are
    /// forgotten, so that the next update makes them anew.
    /// - Returns: how many vectors were damaged.
    /// - Throws: `DreamSimError` with `.damaged` when the database itself is damaged.
    package func verify(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> Int {
        let map = try MappedVectors(vectors.url, rows: rows)
        return try DreamSimError.translating(folder.database) {
            let faults = try database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check(3)") }
            guard faults == ["ok"] else {
                throw DreamSimError(
                    .damaged, folder.database,
                    "\(faults.joined(separator: "; ")); delete the index's folder and index the images again")
            }
            var damaged: [Int] = []
            try database.read { db in
                let contents = try Row.fetchCursor(db, sql: "SELECT row, checksum FROM content ORDER BY row")
                var done = 0
                while let content = try contents.next() {
                    let (row, checksum): (Int, Int64) = (try content.value("row"), try content.value("checksum"))
                    let isSound = map.holds(row) && Int64(Checksum.of(map.bytes(row))) == checksum
                    if !isSound { damaged.append(row) }
                    done += 1
                    if done % 4096 == 0 { progress(done, rows) }
                }
            }
            try database.write { db in
                for row in damaged {
                    try db.execute(sql: "DELETE FROM file WHERE row = ?", arguments: [row])
                    try db.execute(sql: "DELETE FROM content WHERE row = ?", arguments: [row])
                    if map.holds(row) { try db.execute(sql: "INSERT INTO dead (row) VALUES (?)", arguments: [row]) }
                }
            }
            return damaged.count
        }
    }
}

import Foundation
import GRDB

extension IndexWriter {
    /// How many vectors no file has any more.
    func deadRows() throws -> Int {
        try DreamSimError.translating(folder.database) {
            try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM dead") ?? 0 }
        }
    }

    /// Writes a file of vectors without those that no file has any more. Readers that are open keep the old one.
    /// - Returns: how many vectors were left out.
    /// - Throws: `DreamSimError` with `.unwritable` when the disk is full or the like; then the index is as before.
    @discardableResult
    package func compact() throws -> Int {
        let dead = try deadRows()
        guard dead > 0 else { return 0 }
        let old = try MappedVectors(vectors.url, rows: rows)
        let new = try Self.makeVectors(folder, settings, generation: generation + 1)
        do {
            let live = try DreamSimError.translating(folder.database) {
                try database.write { db in
                    let live = try Int.fetchAll(db, sql: "SELECT row FROM content ORDER BY row")
                    try copy(live, from: old, to: new)
                    try renumber(live, db)
                    try db.execute(
                        sql: "UPDATE setting SET generation = ?, vectors = ?, rows = ?",
                        arguments: [generation + 1, new.header.name, live.count])
                    return live.count
                }
            }
            (vectors, rows, generation) = (new, live, generation + 1)
        } catch {
            try? FileManager.default.removeItem(at: new.url)
            throw error
        }
        folder.removeStrays(except: vectors.header.name)
        return dead
    }

    private func copy(_ live: [Int], from old: MappedVectors, to new: VectorAppender) throws {
        let together = max(1, (8 << 20) / old.header.rowBytes)
        for start in stride(from: 0, to: live.count, by: together) {
            var bytes: [UInt8] = []
            for row in live[start..<min(start + together, live.count)] {
                guard old.holds(row) else {
                    throw DreamSimError(
                        .damaged, old.url.path, "lacks a vector; update the index and read all files again")
                }
                bytes += old.bytes(row)
            }
            try old.checkIsWhole()
            try new.append(bytes, after: start)
        }
    }

    /// Gives contents the numbers 0, 1, 2 … in their order. No number is higher than before, so that none is ever taken.
    private func renumber(_ live: [Int], _ db: Database) throws {
        try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
        let content = try db.cachedStatement(sql: "UPDATE content SET row = ? WHERE row = ?")
        let file = try db.cachedStatement(sql: "UPDATE file SET row = ? WHERE row = ?")
        for (new, old) in live.enumerated() where new != old {
            try content.execute(arguments: [new, old])
            try file.execute(arguments: [new, old])
        }
        try db.execute(sql: "DELETE FROM dead")
    }
}

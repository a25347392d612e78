package import Foundation
import GRDB

/// An index as it was at one moment. It stays so, whatever is written meanwhile.
package final class IndexReader: Sendable {
    /// The index's folder.
    package let folder: URL
    /// What the index was made with.
    package let settings: IndexSettings
    let vectors: MappedVectors
    let path: String
    private let database: DatabaseQueue

    /// Opens an index for reading. Takes the same time for one image and for a million.
    /// - Throws: `DreamSimError` with `.missing`, `.damaged`, `.newerVersion` or `.unreadable`.
    package init(_ url: URL) throws {
        let folder = IndexFolder(url)
        guard try folder.isPresent else {
            throw DreamSimError(.missing, folder.url.path, "is not an index; index a folder of images first")
        }
        var attempts = 0
        while true {
            do {
                let database = try Self.open(folder.database)
                let stored = try DreamSimError.translating(folder.database) {
                    try database.inDatabase { db in
                        // The transaction stays open: it holds the snapshot.
                        try db.execute(sql: "BEGIN")
                        try IndexSchema.check(db, folder.database)
                        // One of an older schema is read as it is; the next writer brings it up to date.
                        guard try !IndexSchema.migrator.appliedMigrations(db).isEmpty,
                            let stored = try StoredSettings(db, path: folder.database)
                        else {
                            throw DreamSimError(
                                .missing, folder.url.path, "was never finished; update the index")
                        }
                        return stored
                    }
                }
                let vectors = try MappedVectors(folder.vectors(stored.vectors), rows: stored.rows)
                guard vectors.header.stamp == stored.settings.stamp, vectors.header.width == stored.settings.width,
                    vectors.header.precision == stored.settings.precision
                else {
                    throw DreamSimError(
                        .damaged, folder.vectors(stored.vectors).path,
                        "was made with \(vectors.header.stamp), unlike the rest of the index")
                }
                (self.folder, settings, self.vectors) = (folder.url, stored.settings, vectors)
                (self.database, path) = (database, folder.database)
                return
            } catch let error as DreamSimError where error.kind == .missing && attempts < 5 {
                // A compaction may have replaced the file of vectors since the database was read.
                guard error.subject.hasSuffix(".bin") else { throw error }
                attempts += 1
            }
        }
    }

    /// What the index in a folder was made with; nil when there is none. The vectors are not looked at.
    /// - Throws: `DreamSimError` with `.damaged`, `.newerVersion` or `.unreadable`.
    package static func settings(of url: URL) throws -> IndexSettings? {
        let folder = IndexFolder(url)
        guard try folder.isPresent else { return nil }
        let settings: IndexSettings? = try DreamSimError.translating(folder.database) {
            try open(folder.database).inDatabase { db in
                try IndexSchema.check(db, folder.database)
                guard try IndexSchema.migrator.appliedMigrations(db).count > 0 else { return nil }
                return try StoredSettings(db, path: folder.database)?.settings
            }
        }
        if settings == nil { try folder.checkIsNew() }
        return settings
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cell_size_check = ON") }
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            _ = try database.inDatabase { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
            return database
        } catch let error as DatabaseError {
            // Beside a database with a write-ahead log SQLite makes files even for reading. Where it cannot, and nobody
            // is writing, the file can be read as it stands.
            let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
            let isAtRest = (log ?? 0) == 0
            let refusals: [ResultCode] = [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_FULL]
            guard isAtRest, refusals.contains(error.resultCode),
                let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
            else { throw DreamSimError(error, path) }
            return try DreamSimError.translating(path) {
                try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
            }
        }
    }

    /// Runs queries on the snapshot.
    func read<R>(_ body: (Database) throws -> R) throws -> R {
        try DreamSimError.translating(path) { try database.inDatabase(body) }
    }
}

package import Foundation
import GRDB

/// The one writer of an index. While it lives, no other process can write; readers are not disturbed.
///
/// Images are added in batches. A batch's vectors are on the disk before the database counts them, and the database
/// takes them in one transaction: whatever happens, an index holds whole batches.
package final class IndexWriter {
    /// What the index was made with.
    package private(set) var settings: IndexSettings
    /// What was repaired when the index was opened, for people.
    package private(set) var notes: [String] = []
    let folder: IndexFolder
    let database: DatabaseQueue
    private let lock: FileLock
    var vectors: VectorAppender
    /// How many vectors are committed.
    var rows: Int
    var generation: Int

    /// Opens an index, or makes it when there is none.
    /// - Parameters:
    ///   - url: the index's folder.
    ///   - settings: what a new index is made with, and what an existing one must have been made with.
    /// - Throws: `DreamSimError`: `.locked` when another process writes it, `.incompatible` when it was made otherwise, and
    ///   all others.
    package init(_ url: URL, settings: IndexSettings) throws {
        let folder = IndexFolder(url)
        self.folder = folder
        try Self.makeFolder(folder)
        lock = try Self.lock(folder)
        let path = folder.database
        (database, self.settings, rows, generation, vectors, notes) = try DreamSimError.translating(path) {
            let database = try Self.open(path)
            guard let stored = try database.read({ try StoredSettings($0, path: path) }) else {
                try folder.checkIsNew()
                let vectors = try Self.makeVectors(folder, settings, generation: 1)
                try database.write { try Self.insert(settings, vectors: vectors.header.name, $0) }
                return (database, settings, 0, 1, vectors, [])
            }
            try stored.settings.check(settings.stamp, index: folder.url)
            try stored.settings.check(settings.precision, index: folder.url)
            let (rows, notes) = try Self.recover(stored, folder, database)
            let vectors = try VectorAppender(opening: folder.vectors(stored.vectors), rows: rows)
            return (database, stored.settings, rows, stored.generation, vectors, notes)
        }
        guard vectors.header.stamp == self.settings.stamp, vectors.header.width == self.settings.width,
            vectors.header.precision == self.settings.precision
        else {
            throw DreamSimError(
                .damaged, vectors.url.path, "was made with \(vectors.header.stamp), unlike the rest of the index")
        }
        folder.removeStrays(except: vectors.header.name)
        folder.removeAbandoned()
    }

    /// Notes from where the index's model was loaded this time, for the next.
    /// - Throws: `DreamSimError` with `.incompatible` for another model.
    package func remember(_ found: IndexSettings) throws {
        try settings.check(found.stamp, index: folder.url)
        guard
            (found.source, found.feature) != (settings.source, settings.feature)
                || (found.adapter, found.head) != (settings.adapter, settings.head)
        else { return }
        try DreamSimError.translating(folder.database) {
            try database.write { db in
                try db.execute(
                    sql: "UPDATE setting SET source = ?, feature = ?, adapter = ?, head = ?",
                    arguments: [
                        found.source, found.feature, found.adapter.map(JSON.line), found.head.map(JSON.line),
                    ])
            }
        }
        settings = IndexSettings(
            stamp: settings.stamp, source: found.source, feature: found.feature, adapter: found.adapter,
            head: found.head, width: settings.width, precision: settings.precision)
    }

    /// Makes the folder. One that holds something else is refused, so that an index does not get mixed up with images.
    private static func makeFolder(_ folder: IndexFolder) throws {
        try Folder.make(folder.url.path)
        guard try !folder.isPresent else { return }
        let others = ((try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? []).filter {
            $0 != "lock" && !$0.hasPrefix("index.sqlite") && !($0.hasPrefix("vectors-") && $0.hasSuffix(".bin"))
        }
        guard others.isEmpty else {
            throw DreamSimError(
                .badRequest, folder.url.path, "holds other files and no index; choose a folder that is new or empty")
        }
    }

    private static func lock(_ folder: IndexFolder) throws -> FileLock {
        do throws(SystemFailure) {
            if let lock = try FileLock.attempt(folder.lock) { return lock }
        } catch {
            throw DreamSimError(error, unwritable: folder.lock)
        }
        throw DreamSimError(
            .locked, folder.url.path, "another process is writing this index; wait for it, or stop it")
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // What is reported as damaged must not be read into wrong results.
            try db.execute(sql: "PRAGMA cell_size_check = ON")
        }
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.read { try IndexSchema.check($0, path) }
        try IndexSchema.migrator.migrate(database)
        return database
    }

    static func makeVectors(_ folder: IndexFolder, _ settings: IndexSettings, generation: Int) throws -> VectorAppender
    {
        let name = IndexFolder.newVectorsName(generation: generation)
        let header = VectorFileHeader(
            stamp: settings.stamp, width: settings.width, precision: settings.precision, name: name)
        return try VectorAppender(creating: folder.vectors(name), header)
    }

    private static func insert(_ settings: IndexSettings, vectors: String, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO setting
                (id, stamp, source, feature, adapter, head, width, precision, generation, vectors, rows)
                VALUES (1, ?, ?, ?, ?, ?, ?, ?, 1, ?, 0)
                """,
            arguments: [
                JSON.line(settings.stamp), settings.source, settings.feature, settings.adapter.map(JSON.line),
                settings.head.map(JSON.line), settings.width, settings.precision.rawValue, vectors,
            ])
    }

    /// Forgets the files whose vectors are lost, because the file of vectors was cut short or the counts disagree, so that
    /// they are embedded anew.
    private static func recover(
        _ stored: StoredSettings, _ folder: IndexFolder, _ database: DatabaseQueue
    ) throws -> (rows: Int, notes: [String]) {
        let url = folder.vectors(stored.vectors)
        let map = try MappedVectors(url, rows: 0)
        let size = (try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0
        let there = min(stored.rows, max(0, size - map.offset) / map.header.rowBytes)
        let last = try database.read { try Int.fetchOne($0, sql: "SELECT max(row) FROM content") } ?? -1
        guard there < stored.rows || there <= last else { return (stored.rows, []) }
        // Other vectors may take the places of those that are lost.
        _ = try NeighborFile.remove(from: folder.url)
        let lost = try database.write { db in
            try db.execute(sql: "DELETE FROM file WHERE row >= ?", arguments: [there])
            try db.execute(sql: "DELETE FROM content WHERE row >= ?", arguments: [there])
            let lost = db.changesCount
            try db.execute(sql: "DELETE FROM dead WHERE row >= ?", arguments: [there])
            try db.execute(sql: "UPDATE setting SET rows = ?", arguments: [there])
            return lost
        }
        return (there, lost > 0 ? ["\(url.path): was cut short; \(lost) vectors are lost and are embedded again"] : [])
    }
}

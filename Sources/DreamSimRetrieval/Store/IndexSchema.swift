import GRDB

/// The tables of an index and how they came about. A change of the tables is a new migration; those that are here are
/// never edited.
enum IndexSchema {
    /// `DSVX`: tells the file from other SQLite databases.
    private static let applicationID = 0x4453_5658

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: files, contents and vectors") { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: String(decoding: PackageResources.schema_1_sql, as: UTF8.self))
        }
        migrator.registerMigration("2: heads and adapters") { db in
            // JSON of `TuningFiles`; null where there is none, or where an older version did not note it.
            try db.execute(
                sql: "ALTER TABLE setting ADD COLUMN adapter TEXT; ALTER TABLE setting ADD COLUMN head TEXT")
        }
        migrator.registerMigration("3: fingerprints") { db in
            // The bytes of `Fingerprint`; null where an older version did not make one, and for imported embeddings.
            try db.execute(sql: "ALTER TABLE content ADD COLUMN fingerprint BLOB")
        }
        migrator.registerMigration("4: selections") { db in
            // JSON of `ImageFinder.Options`; null where nothing was said of the folder.
            try db.execute(sql: "ALTER TABLE root ADD COLUMN selection TEXT")
        }
        return migrator
    }()

    /// Makes sure that a database is an index that this program understands.
    /// - Throws: `DreamSimError` with `.damaged` or `.newerVersion`.
    static func check(_ db: Database, _ path: String) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        // GRDB's own table comes first: a creation that was killed may have left nothing else.
        let tables =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name <> 'grdb_migrations'") ?? 0
        guard found == applicationID || tables == 0 else {
            throw DreamSimError(.damaged, path, "is a database of another program; choose another folder for the index")
        }
        if try migrator.hasBeenSuperseded(db) {
            throw DreamSimError(
                .newerVersion, path, "was made by a newer version of the program; use that version, or index anew")
        }
    }
}

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
            try db.execute(
                sql: """
                    -- One row: what made the vectors, and how many of them are committed in which file.
                    CREATE TABLE setting (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        stamp TEXT NOT NULL,
                        source TEXT NOT NULL,
                        feature TEXT,
                        width INTEGER NOT NULL,
                        precision TEXT NOT NULL,
                        generation INTEGER NOT NULL,
                        vectors TEXT NOT NULL,
                        rows INTEGER NOT NULL
                    );
                    -- Folders and files that were asked for.
                    CREATE TABLE root (path BLOB PRIMARY KEY) WITHOUT ROWID;
                    -- What images hold: identical files share one. `row` is the vector's place in the file of vectors.
                    CREATE TABLE content (
                        row INTEGER PRIMARY KEY,
                        bytes BLOB NOT NULL UNIQUE,
                        pixels BLOB NOT NULL,
                        size INTEGER NOT NULL,
                        width INTEGER NOT NULL,
                        height INTEGER NOT NULL,
                        format TEXT NOT NULL,
                        checksum INTEGER NOT NULL
                    );
                    -- Files: with a content, or with the reason why there is none. Times are nanoseconds since 1970.
                    CREATE TABLE file (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        path BLOB NOT NULL UNIQUE,
                        size INTEGER NOT NULL,
                        modified INTEGER NOT NULL,
                        changed INTEGER NOT NULL,
                        row INTEGER REFERENCES content (row),
                        error TEXT,
                        CHECK ((row IS NULL) <> (error IS NULL))
                    );
                    CREATE INDEX file_row ON file (row);
                    -- Vectors that no content has any more, until the next compaction.
                    CREATE TABLE dead (row INTEGER PRIMARY KEY);
                    """)
        }
        migrator.registerMigration("2: heads and adapters") { db in
            // JSON of `TuningFiles`; null where there is none, or where an older version did not note it.
            try db.execute(
                sql: "ALTER TABLE setting ADD COLUMN adapter TEXT; ALTER TABLE setting ADD COLUMN head TEXT")
        }
        return migrator
    }()

    /// Makes sure that a database is an index that this program understands.
    /// - Throws: `DreamSimError` with `.damaged` or `.newerVersion`.
    static func check(_ db: Database, _ path: String) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard found == applicationID || tables == 0 else {
            throw DreamSimError(.damaged, path, "is a database of another program; choose another folder for the index")
        }
        if try migrator.hasBeenSuperseded(db) {
            throw DreamSimError(
                .newerVersion, path, "was made by a newer version of the program; use that version, or index anew")
        }
    }
}

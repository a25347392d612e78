import Foundation
import GRDB

/// A file's size and times, by which a change is noticed.
struct FileStatus: Hashable, Sendable {
    let size: Int64
    /// When the content was last modified, in nanoseconds since 1970.
    let modified: Int64
    /// When the content or the permissions were last changed, in nanoseconds since 1970.
    let changed: Int64
}

/// What the index notes about the content of an image file.
struct ImageContent: Sendable {
    /// SHA-256 of the file.
    let bytes: Data
    /// SHA-256 of the width, the height and the pixels.
    let pixels: Data
    let size, width, height: Int
    let format: ImageFormat
    /// Its perceptual hash and what goes with it; nil where there is no image, as of imported embeddings.
    var fingerprint: Fingerprint?
}

/// A content that is new to the index.
struct NewContent: Sendable {
    let image: ImageContent
    let vector: [Float]
    /// Whether the vector is kept as it is: it was divided by its norm, and then rounded, before.
    var isFinal = false
}

/// What is to be written about a file.
struct FileChange: Sendable {
    enum State: Sendable {
        /// It holds a content that the index has already; with its fingerprint where the index has none.
        case known(row: Int, Fingerprint? = nil)
        /// It holds one of the batch's new contents.
        case new(index: Int)
        /// It cannot be used.
        case failed(String)
    }

    let path: ImagePath
    let status: FileStatus
    let state: State
}

extension IndexWriter {
    /// Adds contents and files, all or nothing.
    /// - Throws: `DreamSimError` with `.unwritable` when the disk is full or the like; then the index is as before.
    func commit(_ contents: [NewContent], _ files: [FileChange]) throws {
        guard !contents.isEmpty || !files.isEmpty else { return }
        let encoded = contents.map { settings.precision.bytes($0.isFinal ? $0.vector : Self.unit($0.vector)) }
        try vectors.append(Array(encoded.joined()), after: rows)
        let first = rows
        try DreamSimError.translating(folder.database) {
            try database.write { db in
                let content = try db.cachedStatement(
                    sql: """
                        INSERT INTO content (row, bytes, pixels, size, width, height, format, checksum, fingerprint)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """)
                for (index, new) in contents.enumerated() {
                    try content.execute(arguments: [
                        first + index, new.image.bytes, new.image.pixels, new.image.size, new.image.width,
                        new.image.height,
                        new.image.format.rawValue,
                        Int64(Checksum.of(encoded[index])), new.image.fingerprint?.data,
                    ])
                }
                let file = try db.cachedStatement(
                    sql: """
                        INSERT INTO file (path, size, modified, changed, row, error) VALUES (?, ?, ?, ?, ?, ?)
                        ON CONFLICT (path) DO UPDATE SET size = excluded.size, modified = excluded.modified,
                            changed = excluded.changed, row = excluded.row, error = excluded.error
                        """)
                for change in files {
                    var (row, error): (Int?, String?)
                    switch change.state {
                    case .known(let known, let fingerprint):
                        row = known
                        if let fingerprint {
                            try db.execute(
                                sql: "UPDATE content SET fingerprint = ? WHERE row = ?",
                                arguments: [fingerprint.data, known])
                        }
                    case .new(let index): row = first + index
                    case .failed(let reason): error = reason
                    }
                    try file.execute(arguments: [
                        Data(change.path.bytes), change.status.size, change.status.modified, change.status.changed, row,
                        error,
                    ])
                }
                try db.execute(sql: "UPDATE setting SET rows = ?", arguments: [first + contents.count])
            }
        }
        rows = first + contents.count
    }

    /// The vector divided by its norm: what is compared is the angle, and halves have no room for long vectors.
    static func unit(_ vector: [Float]) -> [Float] {
        let norm = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        guard norm > 0, norm.isFinite else { return vector.map { $0.isFinite ? 0 : $0 } }
        return vector.map { Float(Double($0) / norm) }
    }

    /// Looks for contents; may be used from any thread.
    var known: KnownContents { KnownContents(database: database, path: folder.database) }

    /// Forgets files and folders, then contents that no file has any more.
    func remove(files: [Int64], roots: [ImagePath] = []) throws {
        try DreamSimError.translating(folder.database) {
            try database.write { db in
                let statement = try db.cachedStatement(sql: "DELETE FROM file WHERE id = ?")
                for id in files { try statement.execute(arguments: [id]) }
                for root in roots {
                    try db.execute(sql: "DELETE FROM root WHERE path = ?", arguments: [Data(root.bytes)])
                }
                try Self.dropUnused(db)
            }
        }
    }

    /// Forgets contents that no file has any more.
    static func dropUnused(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO dead SELECT row FROM content
                    WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.row = content.row);
                DELETE FROM content WHERE row IN (SELECT row FROM dead);
                """)
    }
}

/// The contents that an index has.
struct KnownContents: Sendable {
    let database: DatabaseQueue
    let path: String

    /// The vector of a file with this SHA-256, if there is one, and whether its fingerprint is there too.
    func find(bytes digest: Data) throws -> (row: Int, hasFingerprint: Bool)? {
        try DreamSimError.translating(path) {
            try database.read { db in
                let statement = try db.cachedStatement(
                    sql: "SELECT row, fingerprint IS NOT NULL AS complete FROM content WHERE bytes = ?")
                return try Row.fetchOne(statement, arguments: [digest]).map {
                    (try $0.value("row"), try $0.value("complete"))
                }
            }
        }
    }
}

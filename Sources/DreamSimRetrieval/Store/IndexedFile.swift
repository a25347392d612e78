public import Foundation
import GRDB

/// A file that an index knows.
public struct IndexedFile: Sendable, Hashable {
    /// The number by which it can be asked for. It stays the same as long as the file keeps its path.
    public let id: Int64
    /// Where it is.
    public let path: ImagePath
    /// Its size in bytes.
    public let size: Int64
    /// When it was last modified.
    public var modified: Date { Date(timeIntervalSince1970: Double(modifiedTime) / 1e9) }
    /// The same in nanoseconds since 1970.
    package let modifiedTime: Int64
    /// When its content or its permissions were last changed, in nanoseconds since 1970.
    package let changedTime: Int64
    /// What the image is; nil when it cannot be used.
    package let content: Content?
    /// Why it cannot be used; nil when it can.
    public let error: String?

    /// What a file holds. Identical files share it.
    package struct Content: Sendable, Hashable {
        /// SHA-256 of the file.
        package let bytes: Data
        /// SHA-256 of the width, the height and the pixels.
        package let pixels: Data
        /// The number of columns, upright.
        package let width: Int
        /// The number of rows, upright.
        package let height: Int
        /// The file's format.
        package let format: String
        /// The row of the vector.
        package let row: Int
        /// The CRC-32 of the vector's bytes.
        package let checksum: UInt32
    }

    /// What `init(_:)` reads, for the beginning of a query.
    static let selection = """
        SELECT file.id, file.path, file.size, file.modified, file.changed, file.error, content.row, content.bytes, content.pixels,
            content.width, content.height, content.format, content.checksum
        FROM file LEFT JOIN content ON content.row = file.row
        """

    init(_ row: Row) throws {
        let path: Data = try row.value("path")
        id = try row.value("id")
        (modifiedTime, changedTime) = (try row.value("modified"), try row.value("changed"))
        self.path = ImagePath(bytes: Array(path))
        size = try row.value("size")
        error = try row.value("error")
        guard let place: Int = try row.value("row") else {
            content = nil
            return
        }
        let checksum: Int64 = try row.value("checksum")
        content = Content(
            bytes: try row.value("bytes"), pixels: try row.value("pixels"), width: try row.value("width"),
            height: try row.value("height"), format: try row.value("format"), row: place,
            checksum: UInt32(truncatingIfNeeded: checksum))
    }
}

extension IndexReader {
    /// Calls `body` with every file, also those that cannot be used, in the order in which they came into the index.
    package func forEachFile(_ body: (IndexedFile) throws -> Void) throws {
        try read { db in
            let rows = try Row.fetchCursor(db, sql: IndexedFile.selection + " ORDER BY file.id")
            while let row = try rows.next() { try body(IndexedFile(row)) }
        }
    }

    /// All files, in the order in which they came into the index.
    package func files() throws -> [IndexedFile] {
        var files: [IndexedFile] = []
        try forEachFile { files.append($0) }
        return files
    }

    /// Whether the index knows a file with this path.
    package func contains(_ path: ImagePath) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM file WHERE path = ?)", arguments: [Data(path.absolute().bytes)])
                ?? false
        }
    }

    /// Whether the index knows a file in this folder, or the file itself.
    package func knows(inside folder: ImagePath) throws -> Bool {
        let condition = IndexedFolder.condition(folder.absolute())
        return try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM file WHERE \(condition.sql))", arguments: condition.arguments)
                ?? false
        }
    }

    /// The number of images that can be searched.
    package func count() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM file WHERE row IS NOT NULL") ?? 0 }
    }

    /// The number of files that cannot be used. Every file has a vector or a reason why not, so that none is looked at.
    package func failureCount() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM file WHERE row IS NULL") ?? 0 }
    }

    /// The rows that hold the vector of a content, ascending. Whatever a damaged database says, they are there.
    func liveRows() throws -> [Int] {
        try read { try Int.fetchAll($0, sql: "SELECT row FROM content ORDER BY row") }.filter(vectors.holds)
    }

    /// The vector of a file, of length 1, after it was compared with its checksum.
    /// - Throws: `DreamSimError` with `.damaged` when it has changed.
    package func vector(of file: IndexedFile) throws -> [Float]? {
        guard let content = file.content else { return nil }
        try check(file)
        return vectors.values(content.row)
    }

    /// Compares the vector of a file with its checksum.
    /// - Throws: `DreamSimError` with `.damaged` when it has changed.
    func check(_ file: IndexedFile) throws {
        guard let content = file.content else { return }
        guard vectors.holds(content.row), Checksum.of(vectors.bytes(content.row)) == content.checksum else {
            throw DreamSimError(
                .damaged, vectors.url.path, key: "\(file.path)",
                "its vector has changed; update the index and read all files again")
        }
    }
}

import Foundation
import GRDB

/// A folder, or a file, that an index was asked to hold.
package struct IndexedFolder: Sendable, Hashable {
    package let path: ImagePath
    /// Which of its files are wanted; nil when nothing was said of it.
    package let selection: ImageFinder.Options?

    package init(_ path: ImagePath, _ selection: ImageFinder.Options? = nil) {
        (self.path, self.selection) = (path, selection)
    }

    /// The folders that an index was asked to hold, in the order of their paths.
    static func all(_ db: Database) throws -> [IndexedFolder] {
        // A reader may meet an index of before there were selections.
        let hasSelections = try db.columns(in: "root").contains { $0.name == "selection" }
        let rows = try Row.fetchAll(
            db, sql: "SELECT path, \(hasSelections ? "selection" : "NULL AS selection") FROM root ORDER BY path")
        return try rows.map { row in
            let (path, text): (Data, String?) = (try row.value("path"), try row.value("selection"))
            let selection = text.flatMap { try? JSONDecoder().decode(ImageFinder.Options.self, from: Data($0.utf8)) }
            return IndexedFolder(ImagePath(bytes: Array(path)), selection)
        }
    }

    /// The condition in SQL for files in a folder at any depth, or the file itself.
    static func condition(_ path: ImagePath) -> (sql: String, arguments: StatementArguments) {
        let below = path.bytes.last == UInt8(ascii: "/") ? path.bytes : path.bytes + [UInt8(ascii: "/")]
        let behind = below.dropLast() + [UInt8(ascii: "/") + 1]
        return (
            "(file.path = ? OR (file.path >= ? AND file.path < ?))", [Data(path.bytes), Data(below), Data(behind)]
        )
    }

    /// How many files of a folder an index knows: images, and files that could not be read.
    static func count(_ path: ImagePath, _ db: Database) throws -> (images: Int, failures: Int) {
        let condition = condition(path)
        let row = try Row.fetchOne(
            db, sql: "SELECT count(row) AS images, count(error) AS failures FROM file WHERE \(condition.sql)",
            arguments: condition.arguments)
        return try row.map { (try $0.value("images"), try $0.value("failures")) } ?? (0, 0)
    }
}

extension [IndexedFolder] {
    /// Which files of a folder are wanted: as was said of it, or of the nearest folder that it lies in; else all.
    func selection(of path: ImagePath) -> ImageFinder.Options {
        filter { $0.selection != nil && path.isInside($0.path) }
            .max { $0.path.bytes.count < $1.path.bytes.count }?.selection ?? ImageFinder.Options()
    }
}

extension IndexWriter {
    /// The folders and files that were asked for before.
    package func folders() throws -> [IndexedFolder] {
        try DreamSimError.translating(folder.database) { try database.read(IndexedFolder.all) }
    }

    /// Notes folders and files that were asked for; a selection of before stays where there is no new one.
    func remember(_ folders: [IndexedFolder]) throws {
        try DreamSimError.translating(folder.database) {
            try database.write { db in
                for folder in folders {
                    try db.execute(
                        sql: """
                            INSERT INTO root (path, selection) VALUES (?, ?)
                                ON CONFLICT (path) DO UPDATE SET selection = coalesce(excluded.selection, selection)
                            """,
                        arguments: [Data(folder.path.bytes), try folder.selection.map { try JSON.line($0) }])
                }
            }
        }
    }

    /// Drops folders and what the index holds of them, but for what lies in another of its folders.
    /// - Returns: how many images were dropped.
    /// - Throws: `DreamSimError` with `.badRequest` for a folder that the index was not asked to hold.
    @discardableResult
    package func forget(_ paths: [ImagePath]) throws -> Int {
        let (known, paths) = (try folders(), paths.map { $0.absolute() })
        for path in paths where !known.contains(where: { $0.path == path }) { throw Self.unknown(path, known) }
        let kept = known.map(\.path).filter { !paths.contains($0) }
        let before = try count()
        var dropped: [Int64] = []
        try DreamSimError.translating(folder.database) {
            try database.read { db in
                for path in paths {
                    let condition = IndexedFolder.condition(path)
                    let files = try Row.fetchCursor(
                        db, sql: "SELECT id, path FROM file WHERE \(condition.sql)", arguments: condition.arguments)
                    while let file = try files.next() {
                        let bytes: Data = try file.value("path")
                        let path = ImagePath(bytes: Array(bytes))
                        if !kept.contains(where: { path.isInside($0) }) { dropped.append(try file.value("id")) }
                    }
                }
            }
        }
        try remove(files: dropped, roots: paths)
        return before - (try count())
    }

    /// Follows a folder that was moved or renamed, so that nothing of it is read again.
    /// - Parameters:
    ///   - old: a folder of the index, or one in it.
    ///   - new: where it is now.
    /// - Returns: how many files have new paths.
    /// - Throws: `DreamSimError`: `.badRequest` for a folder that the index does not hold, `.missing` when there is nothing
    ///   at the new place.
    package func move(_ old: ImagePath, to new: ImagePath) throws -> Int {
        let (old, new) = (old.absolute(), new.absolute())
        guard FileStatus(new) != nil else {
            throw DreamSimError(.missing, "\(new)", "is not there; name the place where the folder is now")
        }
        guard !old.isThere else {
            throw DreamSimError(
                .badRequest, "\(old)", "is there still; move it first, or index the other folder as one of its own")
        }
        guard !new.isInside(old), !old.isInside(new) else {
            throw DreamSimError(.badRequest, "\(new)", "lies in \(old), or around it; name another place")
        }
        return try DreamSimError.translating(folder.database) {
            try database.write { db in
                func moved(_ path: Data) -> Data { Data(new.bytes + path.dropFirst(old.bytes.count)) }
                let condition = IndexedFolder.condition(old)
                let files = try Row.fetchAll(
                    db, sql: "SELECT id, path FROM file WHERE \(condition.sql)", arguments: condition.arguments)
                let known = try IndexedFolder.all(db)
                guard !files.isEmpty || known.contains(where: { $0.path == old }) else {
                    throw Self.unknown(old, known)
                }
                let paths: [Data] = try files.map { try $0.value("path") }
                let isFile = paths == [Data(old.bytes)]
                guard isFile != ImageFinder.isFolder(new) else {
                    throw DreamSimError(
                        .badRequest, "\(new)",
                        "is \(isFile ? "a folder" : "no folder"), which the old one was not; name its place")
                }
                for file in files {
                    let (id, path): (Int64, Data) = (try file.value("id"), try file.value("path"))
                    // What is indexed at the new place already was read there.
                    let isThere = try Bool.fetchOne(
                        db, sql: "SELECT EXISTS (SELECT 1 FROM file WHERE path = ?)", arguments: [moved(path)])
                    if isThere ?? false {
                        try db.execute(sql: "DELETE FROM file WHERE id = ?", arguments: [id])
                    } else {
                        try db.execute(sql: "UPDATE file SET path = ? WHERE id = ?", arguments: [moved(path), id])
                    }
                }
                for folder in known where folder.path.isInside(old) {
                    try db.execute(
                        sql: "UPDATE OR REPLACE root SET path = ? WHERE path = ?",
                        arguments: [moved(Data(folder.path.bytes)), Data(folder.path.bytes)])
                }
                // What has left its folder is in none, and would never be updated or forgotten.
                if try !IndexedFolder.all(db).contains(where: { new.isInside($0.path) }) {
                    try db.execute(
                        sql: "INSERT INTO root (path, selection) VALUES (?, ?)",
                        arguments: [Data(new.bytes), try JSON.line(known.selection(of: old))])
                }
                try Self.dropUnused(db)
                return files.count
            }
        }
    }

    private static func unknown(_ path: ImagePath, _ known: [IndexedFolder]) -> DreamSimError {
        let names = known.isEmpty ? "it has none" : "it has \(known.map { "\($0.path)" }.joined(separator: ", "))"
        return DreamSimError(.badRequest, "\(path)", "is not a folder of the index; \(names)")
    }
}

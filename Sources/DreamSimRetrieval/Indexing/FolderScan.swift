import Foundation
import GRDB

/// What has to be done to bring an index up to date with folders.
struct FolderScan {
    /// A file that has to be read.
    struct Waiting {
        let path: ImagePath
        let status: FileStatus
        /// The row of what the file held when it was last read, if it may hold that still: only its change time is another, the
        /// index has no fingerprint of it, or every file is to be read.
        let row: Int?
    }

    var toRead: [Waiting] = []
    /// Entries whose files are gone, or that patterns leave out and that are not kept.
    var gone: [Int64] = []
    /// Folders of the index that are gone and of which it holds nothing.
    var goneFolders: [ImagePath] = []
    /// Entries of failed files that have not changed.
    var oldFailures: [ComparisonReport.Failure] = []
    var unchanged = 0
    /// Folders that cannot be listed, and files that were named and are not there.
    var unreadable: [ComparisonReport.Failure] = []
    var notes: [String] = []
    private let options: IndexingOptions
    private let database: Database
    /// All folders of the index.
    private let all: [IndexedFolder]

    /// Compares folders with an index.
    /// - Parameters:
    ///   - folders: absolute paths, and which files are wanted.
    ///   - named: those that were asked for now, not only before.
    ///   - index: the index's own folder.
    init(
        _ folders: [IndexedFolder], named: Set<ImagePath>, _ options: IndexingOptions, _ database: Database,
        index: ImagePath
    ) throws {
        (self.options, self.database, all) = (options, database, try IndexedFolder.all(database))
        var (seen, paths): (Set<Int64>, Set<ImagePath>) = ([], [])
        for folder in folders {
            if FileStatus(folder.path) == nil, errno == ENOENT || errno == ENOTDIR {
                try takeMissing(folder.path, isNamed: named.contains(folder.path))
                continue
            }
            var selection = folder.selection ?? ImageFinder.Options()
            let patterns = selection
            selection.excluded.append("\(index)/*")
            var walk = FolderWalk(selection)
            walk.enter(folder.path) { path, reason in unreadable.append(.init(image: path, error: reason)) }
            let found = walk.found
            for pattern in walk.unmatched where ((options.excluded ?? []) + (options.included ?? [])).contains(pattern)
            {
                notes.append("\(folder.path): the pattern '\(pattern)' matches nothing")
            }
            for path in found where paths.insert(path).inserted { try take(path, &seen) }
            try findGone(folder.path, patterns, &seen, isEmpty: found.isEmpty)
        }
    }

    /// A folder that is not there.
    private mutating func takeMissing(_ path: ImagePath, isNamed: Bool) throws {
        let (images, failures) = try IndexedFolder.count(path, database)
        let condition = IndexedFolder.condition(path)
        let entries = try Row.fetchAll(
            database, sql: "SELECT id, path = ? AS isItself FROM file WHERE \(condition.sql)",
            arguments: [Data(path.bytes)] + condition.arguments)
        // A file that was indexed by its own name is gone like any other.
        let isFile = try entries.count == 1 && entries[0].value("isItself")
        if images == 0 || isFile || options.prunes {
            gone += try entries.map { try $0.value("id") }
            goneFolders.append(path)
            if entries.isEmpty && isNamed {
                unreadable.append(.init(image: path, error: "cannot be found: \(String(cString: strerror(ENOENT)))"))
            } else if !isFile {
                notes.append("\(path): is gone and is no folder of the index any more")
            }
        } else {
            let reason =
                "is gone; its \(images + failures) entries are kept until it is moved or forgotten in the index"
            if isNamed {
                unreadable.append(.init(image: path, error: reason))
            } else {
                notes.append("\(path): \(reason)")
            }
        }
    }

    private mutating func take(_ path: ImagePath, _ seen: inout Set<Int64>) throws {
        let entry = try database.cachedStatement(
            sql: """
                SELECT id, file.size, modified, changed, error, file.row, fingerprint IS NULL AS incomplete
                FROM file LEFT JOIN content ON content.row = file.row WHERE path = ?
                """)
        guard let status = FileStatus(path) else {
            // It has gone since its folder was listed, or cannot be seen; what cannot be seen is not gone.
            let code = errno
            if code != ENOENT && code != ENOTDIR {
                unreadable.append(.init(image: path, error: "cannot be found: \(String(cString: strerror(code)))"))
            }
            return
        }
        guard let row = try Row.fetchOne(entry, arguments: [Data(path.bytes)]) else {
            toRead.append(Waiting(path: path, status: status, row: nil))
            return
        }
        seen.insert(try row.value("id"))
        let isAlike = try row.value("size") == status.size && row.value("modified") == status.modified
        let isUnchanged = try isAlike && row.value("changed") == status.changed && !options.rereads
        if let error: String = try row.value("error") {
            if isUnchanged && !options.retriesFailures {
                oldFailures.append(.init(image: path, error: error))
            } else {
                toRead.append(Waiting(path: path, status: status, row: nil))
            }
        } else if try isUnchanged && !row.value("incomplete") {
            unchanged += 1
        } else {
            toRead.append(Waiting(path: path, status: status, row: isAlike ? try row.value("row") : nil))
        }
    }

    private mutating func findGone(
        _ folder: ImagePath, _ patterns: ImageFinder.Options, _ seen: inout Set<Int64>, isEmpty: Bool
    ) throws {
        let unlisted = unreadable.map(\.image)
        let condition = IndexedFolder.condition(folder)
        let entries = try Row.fetchCursor(
            database, sql: "SELECT id, path FROM file WHERE \(condition.sql)", arguments: condition.arguments)
        var (missing, leftOut): ([Int64], Int) = ([], 0)
        while let entry = try entries.next() {
            let (id, bytes): (Int64, Data) = (try entry.value("id"), try entry.value("path"))
            let path = ImagePath(bytes: Array(bytes))
            guard !seen.contains(id), !unlisted.contains(where: { path.isInside($0) }) else { continue }
            let isSelective = !patterns.included.isEmpty || !patterns.excluded.isEmpty
            if isSelective, FileStatus(path) != nil, !options.prunes || isWantedElsewhere(path, besides: folder) {
                if !isWantedElsewhere(path, besides: folder) { leftOut += 1 }
            } else {
                missing.append(id)
            }
        }
        if leftOut > 0 {
            notes.append("\(folder): \(leftOut) files that the patterns leave out stay in the index until it is pruned")
        }
        if !missing.isEmpty, !options.prunes, isEmpty {
            notes.append(
                "\(folder): holds no image any more; its \(missing.count) entries are kept, because it may be a disk "
                    + "that is not connected")
            return
        }
        seen.formUnion(missing)
        gone += missing
    }

    /// Whether a file lies in another folder of the index, in this one, of which something else was said.
    private func isWantedElsewhere(_ path: ImagePath, besides folder: ImagePath) -> Bool {
        all.contains { $0.path != folder && $0.selection != nil && $0.path.isInside(folder) && path.isInside($0.path) }
    }
}

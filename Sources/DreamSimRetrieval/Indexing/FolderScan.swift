import Foundation
import GRDB

/// What has to be done to bring an index up to date with folders.
struct FolderScan {
    /// Files that have to be read; unchanged ones because the index has no fingerprint of them yet.
    var toRead: [(path: ImagePath, status: FileStatus, isUnchanged: Bool)] = []
    /// Entries whose files are gone.
    var gone: [Int64] = []
    /// Entries of failed files that have not changed.
    var oldFailures: [ComparisonReport.Failure] = []
    var unchanged = 0
    /// Folders that cannot be listed, and files that were named and are not there.
    var unreadable: [ComparisonReport.Failure] = []
    var notes: [String] = []

    /// Compares folders with an index.
    /// - Parameter roots: absolute paths of folders and files.
    init(_ roots: [ImagePath], _ options: IndexingOptions, _ database: DatabaseQueue, index: ImagePath) throws {
        var finder = options.finder
        finder.excluded.append("\(index)/*")
        let found = ImageFinder.expand(roots, options: finder) { folder, reason in
            unreadable.append(ComparisonReport.Failure(image: folder, error: reason))
        }
        try database.read { db in
            let entry = try db.cachedStatement(
                sql: """
                    SELECT id, file.size, modified, changed, error, fingerprint IS NULL AS incomplete
                    FROM file LEFT JOIN content ON content.row = file.row WHERE path = ?
                    """)
            var seen: Set<Int64> = []
            var paths: Set<ImagePath> = []
            for path in found where paths.insert(path).inserted {
                let row = try Row.fetchOne(entry, arguments: [Data(path.bytes)])
                guard let status = FileStatus(path) else {
                    // A file that was named itself; or one that has gone since its folder was listed.
                    let code = errno
                    let isHidden = code != ENOENT && code != ENOTDIR
                    let reason = "cannot be found: \(String(cString: strerror(code)))"
                    // What cannot be seen is not gone.
                    if isHidden || (row == nil && roots.contains(path)) {
                        unreadable.append(.init(image: path, error: reason))
                    }
                    continue
                }
                if let row {
                    seen.insert(try row.value("id"))
                    if try Self.isUnchanged(row, status, options) {
                        if let error: String = try row.value("error") {
                            oldFailures.append(.init(image: path, error: error))
                        } else if try row.value("incomplete") {
                            toRead.append((path, status, true))
                        } else {
                            unchanged += 1
                        }
                        continue
                    }
                }
                toRead.append((path, status, false))
            }
            try findGone(roots, seen, options, hasFound: { root in found.contains { $0.isInside(root) } }, db)
        }
    }

    private static func isUnchanged(_ row: Row, _ status: FileStatus, _ options: IndexingOptions) throws -> Bool {
        guard try row.value("size") == status.size, try row.value("modified") == status.modified else { return false }
        let failed: String? = try row.value("error")
        // A change of permissions may mend a failure; it does not change an image.
        return try failed == nil || (row.value("changed") == status.changed && !options.retriesFailures)
    }

    private mutating func findGone(
        _ roots: [ImagePath], _ seen: Set<Int64>, _ options: IndexingOptions, hasFound: (ImagePath) -> Bool,
        _ db: Database
    ) throws {
        let unlisted = unreadable.map(\.image)
        var counted: Set<Int64> = []
        for root in roots {
            var below = root.bytes.last == UInt8(ascii: "/") ? root.bytes : root.bytes + [UInt8(ascii: "/")]
            let first = Data(below)
            below[below.count - 1] += 1
            let entries = try Row.fetchCursor(
                db, sql: "SELECT id, path FROM file WHERE path = ? OR (path >= ? AND path < ?)",
                arguments: [Data(root.bytes), first, Data(below)])
            var entriesOfRoot: [Int64] = []
            var isFolder = false
            while let entry = try entries.next() {
                let (id, bytes): (Int64, Data) = (try entry.value("id"), try entry.value("path"))
                let path = ImagePath(bytes: Array(bytes))
                isFolder = isFolder || path != root
                guard !seen.contains(id), !counted.contains(id), !unlisted.contains(where: { path.isInside($0) }) else {
                    continue
                }
                // A file that only a pattern leaves out stays.
                let isSelective = !options.finder.included.isEmpty || !options.finder.excluded.isEmpty
                if isSelective, FileStatus(path) != nil { continue }
                entriesOfRoot.append(id)
            }
            if isFolder, !entriesOfRoot.isEmpty, !options.emptiesFolders, !hasFound(root) {
                notes.append(
                    "\(root): holds no image any more; its \(entriesOfRoot.count) entries are kept, because it may be a disk "
                        + "that is not connected")
                continue
            }
            counted.formUnion(entriesOfRoot)
            gone += entriesOfRoot
        }
    }
}

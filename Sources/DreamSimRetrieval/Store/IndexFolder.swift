import Foundation

/// Where the files of an index lie.
///
///     INDEX/index.sqlite           files, contents, failures, settings (with -wal and -shm beside it while in use)
///     INDEX/vectors-1-<id>.bin     the vectors; the number grows with each compaction
///     INDEX/lock                   held by the one process that writes
struct IndexFolder: Sendable {
    let url: URL

    init(_ url: URL) { self.url = url.standardizedFileURL }

    var database: String { url.appending(path: "index.sqlite").path }
    var lock: String { url.appending(path: "lock").path }

    /// The file of vectors with a name that the database holds.
    func vectors(_ name: String) -> URL { url.appending(path: name) }

    /// A name for a new file of vectors. Names never return, so that a reader cannot open another file than it means.
    static func newVectorsName(generation: Int) -> String {
        "vectors-\(generation)-\(String(UInt64.random(in: 0 ... .max), radix: 36)).bin"
    }

    /// Whether there is an index.
    /// - Throws: `DreamSimError` with `.unreadable` where that cannot be seen.
    var isPresent: Bool {
        get throws(DreamSimError) {
            var status = stat()
            if stat(database, &status) == 0 { return true }
            guard errno != ENOENT, errno != ENOTDIR else { return false }
            throw DreamSimError(
                .unreadable, url.path,
                "cannot be looked into: \(String(cString: strerror(errno))); check the folder's permissions")
        }
    }

    /// Refuses a database without a word in it where there are vectors: it was emptied. One that was being made when the
    /// process died has none yet.
    /// - Throws: `DreamSimError` with `.damaged`.
    func checkIsNew() throws(DreamSimError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        for name in names where name.hasPrefix("vectors-") && name.hasSuffix(".bin") {
            // Foundation never frees what it takes for an empty file.
            guard let size = try? vectors(name).resourceValues(forKeys: [.fileSizeKey]).fileSize, size > 0,
                let bytes = try? Data(contentsOf: vectors(name), options: .alwaysMapped),
                let length = try? bytes.withUnsafeBytes({ try VectorFileHeader.read($0, path: name).length }),
                bytes.count > length
            else { continue }
            throw DreamSimError(
                .damaged, database,
                "is empty, though \(name) beside it holds vectors; bring it back from a copy, or remove the index's folder "
                    + "and index the images again")
        }
    }

    /// Removes files of vectors that the database does not name: of a compaction or a creation that was cut short, or
    /// that could not be removed when it was replaced.
    func removeStrays(except name: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        for stray in names where stray.hasPrefix("vectors-") && stray.hasSuffix(".bin") && stray != name {
            try? FileManager.default.removeItem(at: vectors(stray))
        }
    }

    /// Removes what writers of the nearest-neighbor graph left that were killed.
    func removeAbandoned() { AtomicFile.removeAbandoned(in: url.path.utf8) }
}

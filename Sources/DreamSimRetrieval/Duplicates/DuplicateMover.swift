package import Foundation

/// Moves duplicates into a folder, never deletes, and can move them back.
package struct DuplicateMover {
    /// What became of the moves.
    package struct Outcome: Sendable, Encodable {
        /// How many files were moved.
        package internal(set) var moved = 0
        /// The files that stay where they are, with the reason.
        package internal(set) var failures: [ComparisonReport.Failure] = []
        /// The file with which the moves can be undone.
        package internal(set) var undo: String
    }

    /// One planned move; the paths as `ImagePath.text` writes them, so that any bytes come back.
    private struct Move: Codable {
        var from: String
        var to: String
    }

    /// The file that `undo` takes, in the folder of the moved files.
    private static let undoName = "undo.json"

    /// Moves every file of a report that is not kept.
    ///
    /// A file is left alone when it or the kept copy has changed or gone since they were indexed, or when both are the
    /// same file by another path. The plan is on the disk before the first move.
    /// - Parameters:
    ///   - folder: a new or empty folder on the same disk.
    ///   - reader: the index that the report is of.
    /// - Throws: `DreamSimError` or `DreamSimError` when nothing was moved.
    package static func move(_ report: DuplicateReport, of reader: IndexReader, to folder: URL) throws -> Outcome {
        let manager = FileManager.default
        let there = ((try? manager.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
            !AtomicFile.isTemporary($0)
        }
        // Alone it is what complete undoing leaves.
        if there.contains(undoName), there.count > 1 {
            throw DreamSimError(
                .badRequest, folder.path,
                "holds duplicates that were moved before; undo these moves, or name a new folder for the duplicates")
        }
        if let root = try reader.status().folders.first(where: { ImagePath(folder.path).absolute().isInside($0.path) })
        {
            throw DreamSimError(
                .badRequest, folder.path,
                "lies in \(root.path), which is indexed, so that the moved files would come back; name a folder elsewhere"
            )
        }
        guard there.isEmpty || there == [undoName] else {
            throw DreamSimError(.badRequest, folder.path, "is not empty; name a new folder for the duplicates")
        }
        try Folder.make(folder.path)
        let base = ImagePath(folder.path).absolute()
        let digits = "\(report.duplicates)".count
        var plan: [(kept: DuplicateReport.File, file: DuplicateReport.File, target: ImagePath)] = []
        for group in report.groups {
            for file in group.superfluous {
                let number = "\(plan.count + 1)".leftPadded(to: digits, with: "0")
                plan.append((group.files[0], file, base.appending(Array("\(number)-".utf8) + file.image.shortName)))
            }
        }
        let undo = folder.appending(path: undoName)
        try write(
            plan.map { Move(from: ImagePath.text($0.file.image.bytes), to: ImagePath.text($0.target.bytes)) }, undo)
        // Looked at before the first move, after which a link may lead nowhere.
        var links: [FileIdentity?: String] = [:]
        for file in report.groups.flatMap(\.files) where file.isLink {
            let isSymbolic = FileIdentity(file.image, followsLinks: false) != FileIdentity(file.image)
            if isSymbolic {
                links[FileIdentity(file.image)] = "the link \(file.image) leads to it; remove the link first"
            }
        }
        var outcome = Outcome(undo: undo.path)
        for (kept, file, target) in plan {
            if let reason = try obstacle(file, kept, reader) ?? links[FileIdentity(file.image)]
                ?? rename(file.image, target)
            {
                outcome.failures.append(ComparisonReport.Failure(image: file.image, error: reason))
            } else {
                outcome.moved += 1
            }
        }
        if outcome.moved == 0 {
            try? manager.removeItem(at: undo)
            // Only when it is empty.
            rmdir(folder.path)
        }
        return outcome
    }

    /// Moves files back to where they were.
    /// - Parameter url: the file that `move` wrote.
    /// - Throws: `DreamSimError` with `.unreadable` or `.damaged` when nothing was moved.
    package static func undo(_ url: URL) throws -> Outcome {
        guard let data = try? RegularFile.read(url, byteLimit: 1 << 30) else {
            throw DreamSimError(
                .unreadable, url.path, "cannot be read; it lies in the folder that duplicates were moved to")
        }
        guard let moves = try? JSONDecoder().decode([Move].self, from: data) else {
            throw DreamSimError(.damaged, url.path, "is not the undo file of moved duplicates")
        }
        AtomicFile.removeAbandoned(in: url.deletingLastPathComponent().path.utf8)
        var outcome = Outcome(undo: url.path)
        for move in moves.reversed() {
            let (from, to) = (ImagePath(move.from), ImagePath(move.to))
            guard FileIdentity(to, followsLinks: false) != nil else {
                // Moved back before, or gone.
                if FileIdentity(from, followsLinks: false) == nil {
                    outcome.failures.append(ComparisonReport.Failure(image: to, error: "is not there any more"))
                }
                continue
            }
            if let reason = rename(to, from) {
                outcome.failures.append(ComparisonReport.Failure(image: to, error: reason))
            } else {
                outcome.moved += 1
            }
        }
        return outcome
    }

    private static func write(_ moves: [Move], _ url: URL) throws {
        try WholeFile.write(JSON.text(moves), to: url)
    }

    /// Why a file must stay; nil when it may go.
    private static func obstacle(
        _ file: DuplicateReport.File, _ kept: DuplicateReport.File, _ reader: IndexReader
    ) throws -> String? {
        for part in [file, kept] {
            guard let entry = try reader.file(id: part.id), isUnchanged(entry)
            else {
                let which = part.image == file.image ? "" : "the kept copy, \(part.image), "
                return "\(which)has changed or disappeared since it was indexed; update the index first"
            }
        }
        if FileIdentity(file.image) == FileIdentity(kept.image) {
            return "is the same file as \(kept.image), by a link"
        }
        if FileIdentity(file.image, followsLinks: false) != FileIdentity(file.image) { return "is a link" }
        return nil
    }

    /// Whether a file is as it was indexed. A rename changes the change time, as does an edit that keeps all else; then the bytes
    /// decide.
    private static func isUnchanged(_ entry: IndexedFile) -> Bool {
        guard let status = FileStatus(entry.path), status.size == entry.size, status.modified == entry.modifiedTime
        else {
            return false
        }
        if status.changed == entry.changedTime { return true }
        guard let content = entry.content,
            let bytes = try? RegularFile.read(rawPath: entry.path.bytes, byteLimit: Int(entry.size))
        else { return false }
        return Data(SHA256Digest.bytes(of: bytes)) == content.bytes
    }

    /// Renames a file where no other stands; nil when it is done.
    private static func rename(_ from: ImagePath, _ to: ImagePath) -> String? {
        guard FileIdentity(to, followsLinks: false) == nil else { return "\(to) exists already" }
        guard from.withCString({ from in to.withCString { systemRename(from, $0) } }) != 0 else { return nil }
        return errno == EXDEV
            ? "cannot be moved to another disk; name a folder on the same one"
            : "cannot be moved: \(String(cString: strerror(errno)))" + SystemFailure.advice(errno)
    }
}

/// The system's call, which the method of the same name would hide.
private func systemRename(_ from: UnsafePointer<CChar>, _ to: UnsafePointer<CChar>) -> Int32 { rename(from, to) }

extension ImagePath {
    /// The file's name, cut to what still fits a file system with a number before it; the extension stays.
    fileprivate var shortName: [UInt8] {
        let name = Array(lastComponent)
        return name.count <= 200 ? name : Array(name.suffix(200))
    }
}

extension String {
    fileprivate func leftPadded(to width: Int, with character: Character) -> String {
        String(repeating: character, count: max(0, width - count)) + self
    }
}

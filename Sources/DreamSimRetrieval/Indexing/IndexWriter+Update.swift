import Foundation
import GRDB

extension IndexWriter {
    /// Brings the index up to date with folders and files: new and changed files are embedded, moved ones recognized by
    /// their content, those that are gone dropped, and those that cannot be read noted with the reason.
    ///
    /// Every two seconds, and every 256 images, what is done so far is written for good.
    /// - Parameters:
    ///   - roots: folders and files; those of earlier updates when there are none, and in addition when all files are read again.
    ///   - model: made the same way as the index.
    ///   - options: what is passed over, and the like.
    ///   - isCancelled: asked before each batch; once true, what is done is written and the update ends.
    ///   - report: told about progress and failures, on the caller's thread.
    /// - Throws: `DreamSimError`: `.incompatible` for another model, `.unwritable` for a full disk and the like.
    package func update(
        _ roots: [ImagePath], with model: any EmbeddingMetric, options: IndexingOptions = IndexingOptions(),
        isCancelled: () -> Bool = { false }, report: @escaping (IndexingEvent) -> Void = { _ in }
    ) throws -> IndexingReport {
        try settings.check(model.stamp, index: folder.url)
        let start = ContinuousClock.now
        let named = roots.map { $0.absolute() }
        let known = try self.folders()
        let folders = try wanted(named, known, options)
        let index = ImagePath(bytes: Array(folder.url.path.utf8))
        let scan = try DreamSimError.translating(folder.database) {
            try database.read { try FolderScan(folders, named: Set(named), options, $0, index: index) }
        }
        scan.notes.forEach { report(.note($0)) }
        scan.unreadable.forEach { report(.failure($0.image, reason: $0.error)) }
        var work = IndexingWork(self, model, report)
        work.report.unchanged = scan.unchanged
        work.report.failures = scan.unreadable + scan.oldFailures
        work.report.newFailures = scan.unreadable.count
        let isDone = try work.read(scan.toRead, batch: max(1, options.batch), isCancelled: isCancelled)
        if isDone {
            let left = try leftElsewhere(work.reused, besides: folders.map(\.path))
            let gone = scan.gone + left.files
            for path in left.folders {
                let selection = known.selection(of: path)
                let isWhole = selection.included.isEmpty && selection.excluded.isEmpty
                report(
                    .note(
                        "\(path): is gone, and its images were found elsewhere"
                            + (isWhole ? "" : "; its patterns do not hold for the new place")))
            }
            let moved = try countMoved(gone, work.reused)
            work.report.moved = moved
            work.report.dropped = gone.count - moved
            let goneFolders = scan.goneFolders + left.folders
            if !gone.isEmpty || !goneFolders.isEmpty { try remove(files: gone, roots: goneFolders) }
            // A quarter of holes is worth the rewriting; fewer than some thousand are not.
            let dead = try deadRows()
            if dead > 4096 && dead > rows / 4 { try compact() }
        }
        work.report.isComplete = isDone
        work.report.images = try count()
        work.report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return work.report
    }

    /// The folders of an update, and which of their files are wanted. What is there is remembered.
    private func wanted(
        _ named: [ImagePath], _ known: [IndexedFolder], _ options: IndexingOptions
    ) throws -> [IndexedFolder] {
        var paths = named.isEmpty || options.rereads ? known.map(\.path) : []
        paths += named.filter { !paths.contains($0) }
        let changes = paths.map { IndexedFolder($0, options.selection(before: known.selection(of: $0))) }
        try remember(changes.filter { FileStatus($0.path) != nil })
        return changes.map { IndexedFolder($0.path, $0.selection ?? known.selection(of: $0.path)) }
    }

    /// Files of other folders whose content was found in this update and which are gone, with their folders that are gone.
    ///
    /// A folder that is there and empty may be the place of a disk that is not connected: its entries stay.
    private func leftElsewhere(
        _ reused: Set<Int>, besides folders: [ImagePath]
    ) throws -> (files: [Int64], folders: [ImagePath]) {
        let others = try self.folders().map(\.path).filter { !folders.contains($0) }
        guard !reused.isEmpty, !others.isEmpty else { return ([], []) }
        var files: Set<Int64> = []
        let gone = others.filter { FileStatus($0) == nil && (errno == ENOENT || errno == ENOTDIR) }
        var states: [ImagePath: Bool] = [:]
        /// Whether what is not in a folder is gone, and not only out of reach.
        func isTelling(_ folder: ImagePath) -> Bool {
            let known = states[folder]
            let found =
                known ?? (gone.contains(folder) || !ImageFinder.expand([folder], unreadable: { _, _ in }).isEmpty)
            states[folder] = found
            return found
        }
        return try DreamSimError.translating(folder.database) {
            try database.read { db in
                for row in reused {
                    for file in try Row.fetchAll(db, sql: "SELECT id, path FROM file WHERE row = ?", arguments: [row]) {
                        let bytes: Data = try file.value("path")
                        let path = ImagePath(bytes: Array(bytes))
                        guard !folders.contains(where: { path.isInside($0) }), FileStatus(path) == nil, errno == ENOENT,
                            let folder = others.first(where: { path.isInside($0) }), isTelling(folder)
                        else { continue }
                        files.insert(try file.value("id"))
                    }
                }
                let left = try gone.filter { folder in
                    let condition = IndexedFolder.condition(folder)
                    let ids = try Int64.fetchAll(
                        db, sql: "SELECT id FROM file WHERE row IS NOT NULL AND \(condition.sql)",
                        arguments: condition.arguments)
                    return !ids.isEmpty && ids.allSatisfy { files.contains($0) }
                }
                for folder in left {
                    let condition = IndexedFolder.condition(folder)
                    files.formUnion(
                        try Int64.fetchAll(
                            db, sql: "SELECT id FROM file WHERE \(condition.sql)", arguments: condition.arguments))
                }
                return (files.sorted(), left)
            }
        }
    }

    /// The number of images in the index.
    package func count() throws -> Int {
        try DreamSimError.translating(folder.database) {
            try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM file WHERE row IS NOT NULL") ?? 0 }
        }
    }

    /// How many of the files that are gone have their content under a new name now.
    private func countMoved(_ gone: [Int64], _ reused: Set<Int>) throws -> Int {
        guard !reused.isEmpty else { return 0 }
        return try DreamSimError.translating(folder.database) {
            try database.read { db in
                let statement = try db.cachedStatement(sql: "SELECT row FROM file WHERE id = ?")
                return try gone.count { id in
                    try Int.fetchOne(statement, arguments: [id]).map(reused.contains) ?? false
                }
            }
        }
    }
}

/// The reading and embedding of one update.
private struct IndexingWork {
    let writer: IndexWriter
    let model: any EmbeddingMetric
    let tell: (IndexingEvent) -> Void
    var report: IndexingReport
    /// Rows of contents that files of this update were found to hold.
    var reused: Set<Int> = []

    private var files: [FileChange] = []
    private var contents: [ImageContent] = []
    private var vectors: [[Float]] = []
    private var waiting: [Image] = []
    private var indices: [Data: Int] = [:]
    private var lastCommit = ContinuousClock.now

    init(_ writer: IndexWriter, _ model: any EmbeddingMetric, _ tell: @escaping (IndexingEvent) -> Void) {
        (self.writer, self.model, self.tell) = (writer, model, tell)
        report = IndexingReport(writer.settings)
    }

    /// Reads files in their order.
    /// - Returns: whether all were read.
    mutating func read(
        _ toRead: [FolderScan.Waiting], batch: Int, isCancelled: () -> Bool
    ) throws -> Bool {
        let threads = Parallel.threads
        let reading = Lookahead(toRead.count, capacity: 2 * batch, threads: threads > 1 ? threads : 0) {
            [known = writer.known, model] index in
            PreparedFile(
                toRead[index].path, toRead[index].status, model.preprocessing.decoding, known, prepare: model.prepare)
        }
        defer { reading.cancel() }
        lastCommit = .now
        var done = 0
        while !isCancelled() {
            guard let file = reading.next() else {
                try commit()
                return true
            }
            try take(file, before: toRead[done].row)
            done += 1
            if waiting.count == batch { embed() }
            if waiting.isEmpty {
                tell(.progress(done: done, total: toRead.count))
                let isDue = ContinuousClock.now - lastCommit > .seconds(2)
                if isDue || contents.count >= 256 || files.count >= 4096 { try commit() }
            }
        }
        try commit()
        return done == toRead.count
    }

    /// - Parameter before: the row of what the file held before, if it may hold that still.
    private mutating func take(_ file: PreparedFile, before: Int?) throws {
        func change(_ state: FileChange.State) -> FileChange {
            FileChange(path: file.path, status: file.status, state: state)
        }
        switch file.result {
        case .failed(let reason):
            fail(file.path, reason)
            files.append(change(.failed(reason)))
        case .passed(let reason): fail(file.path, reason)
        case .known(let row, let fingerprint):
            if row == before { report.unchanged += 1 } else { reuse(row) }
            files.append(change(.known(row: row, fingerprint)))
        case .fresh(let image, let details):
            if let index = indices[details.bytes] {
                report.known += 1
                report.added += 1
                files.append(change(.new(index: index)))
            } else if let found = try writer.known.find(bytes: details.bytes) {
                reuse(found.row)
                files.append(change(.known(row: found.row)))
            } else {
                report.added += 1
                indices[details.bytes] = contents.count
                files.append(change(.new(index: contents.count)))
                contents.append(details)
                waiting.append(image)
            }
        }
    }

    private mutating func reuse(_ row: Int) {
        report.known += 1
        report.added += 1
        reused.insert(row)
    }

    private mutating func fail(_ path: ImagePath, _ reason: String) {
        report.newFailures += 1
        report.failures.append(ComparisonReport.Failure(image: path, error: reason))
        tell(.failure(path, reason: reason))
    }

    private mutating func embed() {
        vectors += model.embed(preprocessed: waiting).map(\.values)
        waiting = []
    }

    /// Writes what is done for good.
    private mutating func commit() throws {
        embed()
        let unusable = Set(vectors.indices.filter { !vectors[$0].allSatisfy(\.isFinite) })
        if !unusable.isEmpty { drop(unusable) }
        try writer.commit(zip(contents, vectors).map { NewContent(image: $0, vector: $1) }, files)
        (files, contents, vectors, indices) = ([], [], [], [:])
        lastCommit = .now
    }

    /// Turns files whose embedding is not finite into failures.
    private mutating func drop(_ unusable: Set<Int>) {
        let reason = "the model's embedding of it is not finite; verify the weights"
        var place: [Int: Int] = [:]
        for index in contents.indices where !unusable.contains(index) { place[index] = place.count }
        files = files.map { file in
            guard case .new(let index) = file.state else { return file }
            if let index = place[index] {
                return FileChange(path: file.path, status: file.status, state: .new(index: index))
            }
            report.added -= 1
            fail(file.path, reason)
            return FileChange(path: file.path, status: file.status, state: .failed(reason))
        }
        contents = contents.indices.filter { !unusable.contains($0) }.map { contents[$0] }
        vectors = vectors.indices.filter { !unusable.contains($0) }.map { vectors[$0] }
    }
}

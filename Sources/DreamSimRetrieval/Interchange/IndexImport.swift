package import Foundation

/// What an import did.
package struct ImportReport: Sendable, Encodable {
    /// Files that are in the index now.
    package internal(set) var added = 0
    /// Of these, those whose content was known already.
    package internal(set) var known = 0
    /// Files that are not: they have to be read, because the export does not say what they hold, and cannot be.
    package internal(set) var failures: [ComparisonReport.Failure] = []
    /// Images in the index.
    package internal(set) var images = 0
    /// What the index was made with.
    package let model: ModelStamp
    /// How vectors are kept.
    package let precision: VectorPrecision
}

extension IndexWriter {
    /// Makes or extends an index from an export; the vectors are taken bit by bit, or divided by their norms when these
    /// are not 1. Memory does not depend on their number.
    ///
    /// Our own exports say what the files hold, so that these need not be there. Of others only the path is known, and
    /// the files are read, though not embedded.
    /// - Parameters:
    ///   - url: a folder in clip-retrieval's layout, or a `.safetensors`, `.csv` or `.ndjson`, see `InterchangeFormat`.
    ///   - index: the index's folder.
    ///   - format: the layout; nil to tell it by the name.
    ///   - stamp: what the vectors are, where the export does not say it.
    ///   - progress: called with the number of files that are done; what it throws ends the import.
    /// - Throws: `DreamSimError`: `.missing` when nothing says what made the vectors, `.incompatible` for an index made
    ///   otherwise, `.damaged` for an export that is cut short or changed; what came before the fault is in the index.
    public static func importing(
        _ url: URL, into index: URL, format: InterchangeFormat? = nil, stamp: InterchangeStamp? = nil,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> ImportReport {
        let source = try InterchangeSource(url, format: format, stamp: stamp)
        let writer = try IndexWriter(index, settings: source.stamp.settings)
        let (roots, selections) = (source.stamp.roots ?? [], source.stamp.selections ?? [:])
        try writer.remember(roots.map { IndexedFolder(ImagePath($0), selections[$0]) })
        var work = ImportWork(writer)
        var done = 0
        while let (entry, vector) = try source.read() {
            try work.take(entry, vector, url)
            done += 1
            if done % 256 == 0 {
                try work.commit()
                try progress(done, source.stamp.rows ?? done)
            }
        }
        try work.commit()
        guard stamp != nil || source.stamp.rows == nil || source.stamp.rows == done else {
            throw DreamSimError(
                .damaged, url.path,
                "is cut short: holds \(done) of \(source.stamp.rows ?? 0) files; those are in the index")
        }
        work.report.images = try writer.count()
        return work.report
    }
}

/// One batch after the other.
private struct ImportWork {
    let writer: IndexWriter
    var report: ImportReport
    private var contents: [NewContent] = []
    private var files: [FileChange] = []
    private var indices: [Data: Int] = [:]

    init(_ writer: IndexWriter) {
        self.writer = writer
        report = ImportReport(model: writer.settings.stamp, precision: writer.settings.precision)
    }

    mutating func take(_ entry: InterchangeEntry, _ vector: [Float], _ url: URL) throws {
        let path = ImagePath(entry.imagePath).absolute()
        guard vector.allSatisfy(\.isFinite) else {
            throw DreamSimError(.damaged, url.path, "the vector of \(path) is not finite")
        }
        if let checksum = entry.crc32, checksum != Checksum.of(writer.settings.precision.bytes(vector)) {
            throw DreamSimError(.damaged, url.path, "the vector of \(path) has changed since it was exported")
        }
        if let (content, status) = entry.details {
            return try add(path, content, status, vector)
        }
        guard let status = FileStatus(path) else {
            return fail(path, "is not there, and the export does not say what it holds")
        }
        let decoding = writer.settings.stamp.preprocessing.decoding
        let file = PreparedFile(path, status, decoding, writer.known) { image, _ in image }
        switch file.result {
        case .failed(let reason), .passed(let reason): fail(path, reason)
        case .known(let row, let fingerprint): addKnown(path, status, .known(row: row, fingerprint))
        case .fresh(_, let details): try add(path, details, status, vector)
        }
    }

    private mutating func add(
        _ path: ImagePath, _ content: ImageContent, _ status: FileStatus, _ vector: [Float]
    ) throws {
        if let index = indices[content.bytes] {
            addKnown(path, status, .new(index: index))
        } else if let found = try writer.known.find(bytes: content.bytes) {
            addKnown(path, status, .known(row: found.row))
        } else {
            report.added += 1
            indices[content.bytes] = contents.count
            files.append(FileChange(path: path, status: status, state: .new(index: contents.count)))
            contents.append(NewContent(image: content, vector: vector, isFinal: isUnit(vector)))
        }
    }

    /// Whether a vector has length 1, but for the rounding of its components.
    private func isUnit(_ vector: [Float]) -> Bool {
        let norm = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return abs(norm - 1) <= (writer.settings.precision == .float16 ? 0x1p-11 : 1e-6)
    }

    private mutating func addKnown(_ path: ImagePath, _ status: FileStatus, _ state: FileChange.State) {
        report.added += 1
        report.known += 1
        files.append(FileChange(path: path, status: status, state: state))
    }

    private mutating func fail(_ path: ImagePath, _ reason: String) {
        report.failures.append(ComparisonReport.Failure(image: path, error: "\(path): \(reason)"))
    }

    mutating func commit() throws {
        try writer.commit(contents, files)
        (contents, files, indices) = ([], [], [:])
    }
}

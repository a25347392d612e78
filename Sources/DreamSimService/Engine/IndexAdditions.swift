import DreamSimRetrieval
import Foundation

/// What requests change of an index: the files that they add are kept in a folder of their own. Everything blocks.
struct IndexAdditions: Sendable {
    private let index: ServedIndex
    private let settings: IndexSettings
    private let folder: URL

    init(_ index: ServedIndex, _ settings: IndexSettings, _ folder: URL) {
        (self.index, self.settings, self.folder) = (index, settings, folder)
    }

    /// Keeps images, each once: the same bytes under the same name are one file. What lies in a file already stays there.
    /// - Returns: where they are, and which of them are here only since now.
    func keep(_ images: [Upload]) throws -> (paths: [ImagePath], new: [ImagePath]) {
        try checkIsThere()
        try asProblem { try Folder.make(folder.path) }
        var (paths, new): ([ImagePath], [ImagePath]) = ([], [])
        do {
            for image in images {
                switch image.source {
                case .file(let path): paths.append(path)
                case .bytes(let bytes):
                    let path = ImagePath(folder.path).appending(Array(Self.name(image.name, bytes).utf8))
                    paths.append(path)
                    guard !path.isThere else { continue }
                    new.append(path)
                    try asProblem {
                        do throws(AtomicFile.Failure) {
                            try AtomicFile.write(bytes, to: path.bytes)
                        } catch {
                            throw DreamSimError(error)
                        }
                    }
                }
            }
        } catch {
            discard(new)
            throw error
        }
        return (paths, new)
    }

    /// Removes files that were kept and did not get into the index, because the request has failed or its client has left.
    func discard(_ new: [ImagePath]) {
        let reader = try? IndexReader(index.folder)
        for path in new where (try? reader?.file(at: path)) == nil { _ = path.withCString { unlink($0) } }
    }

    /// A name that leads nowhere else, with the ending of what the bytes are: folders are searched by endings.
    private static func name(_ name: String, _ bytes: [UInt8]) -> String {
        let stem = name.split(separator: ".", omittingEmptySubsequences: false).dropLast().joined(separator: ".")
        let plain = (stem.isEmpty ? name : stem).unicodeScalars.filter {
            CharacterSet.alphanumerics.contains($0) || "-_ ".unicodeScalars.contains($0)
        }
        var text = String(String.UnicodeScalarView(plain))
        while text.utf8.count > 100 { text.removeLast() }
        let format = ImageFormat(sniffing: bytes).map(\.rawValue) ?? "png"
        return (text.isEmpty ? "image" : text) + "-" + SHA256Digest.hex(of: bytes).prefix(16) + "." + format
    }

    /// Brings the index up to date with files. Others have their turns between images; what is done stays done.
    func embed(_ paths: [ImagePath], with model: any EmbeddingMetric) throws {
        let own = ImagePath(folder.path)
        // The folder as a whole, so that the index does not remember each file by itself.
        var roots = paths.filter { !$0.isInside(own) }
        if roots.count < paths.count { roots.append(own) }
        var options = IndexingOptions()
        options.batch = 1
        options.retriesFailures = true
        try change { writer in
            let report = try writer.update(
                roots, with: model, options: options, isCancelled: { (try? Interruption.check()) == nil })
            try Interruption.check()
            guard report.isComplete else { throw CancellationError() }
        }
    }

    /// Drops a file from the index, and from the disk when it was kept here.
    func remove(_ file: IndexedFile) throws {
        try change { try $0.forget(files: [file.id]) }
        if file.path.isInside(ImagePath(folder.path)) {
            _ = file.path.withCString { unlink($0) }
        }
    }

    private func change(_ body: (IndexWriter) throws -> Void) throws {
        defer { index.refresh() }
        try checkIsThere()
        try asProblem { try body(IndexWriter(index.folder, settings: settings)) }
    }

    /// An index that is gone must not be replaced by a new one.
    private func checkIsThere() throws {
        try asProblem {
            guard try IndexReader.settings(of: index.folder) != nil else {
                throw DreamSimError(.missing, index.folder.path, "the index is gone")
            }
        }
    }

    private func asProblem(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DreamSimError where error.kind == .locked {
            throw Problem.passing(
                .overload, "another program is changing the index '\(index.name)'", retryAfter: 1)
        } catch let error as DreamSimError where error.kind != .cancelled {
            throw Problem.unavailable("the index '\(index.name)'", error, in: index.folder)
        }
    }
}

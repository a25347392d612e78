/// A gzip-compressed tar archive in a mapped file (ustar, pax and GNU long names), such as a Python sdist.
///
/// It is only ever streamed: listing and each extraction decompress the whole file, in bounded memory.
package struct TarGzArchive: Sendable {
    /// A member.
    package struct Entry: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case file
            case directory
            /// A symbolic or a hard link.
            case link
            /// A device, a pipe, a sparse file.
            case other
        }

        /// The name, verbatim but for a leading './' and a folder's trailing slash.
        package let path: String
        package let kind: Kind
        /// The size in bytes.
        package let size: Int
        /// The place among the members.
        let index: Int
    }

    /// The largest number of members that is read.
    static let maximumCount = 1 << 18
    /// The largest size of the whole archive outside its compression.
    static let maximumSize = 1 << 36

    let file: MappedFile

    package init(_ file: MappedFile) {
        self.file = file
    }

    /// All members, with names, checksums and sizes checked; two of the same name are refused.
    package func entries() throws(DreamSimError) -> [Entry] {
        var entries: [Entry] = []
        try walk(wanted: { _ in false }, visit: { entries.append($0) }, sink: { _ in })
        var seen: Set<String> = []
        for entry in entries where !seen.insert(entry.path).inserted && entry.kind != .directory {
            throw error(.malformed, entry.path, "the archive holds two members of this name")
        }
        return entries
    }

    /// Passes one of the `entries()` piece by piece to `sink`. The whole archive is read, so that the end of the call
    /// without an error says that its checksum is right.
    /// - Parameter limit: the largest size in bytes that is accepted.
    package func extract(
        _ entry: Entry, among entries: [Entry], limit: Int, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard entry.kind == .file else {
            throw error(.refused, entry.path, "the member is a link or not a regular file")
        }
        guard entry.size <= limit else {
            throw error(.limitExceeded, entry.path, "\(entry.size) bytes; the limit is \(limit)")
        }
        let folded = entry.path.lowercased()
        for other in entries where other.index != entry.index {
            let otherFolded = other.path.lowercased()
            if otherFolded == folded {
                throw error(.refused, entry.path, "'\(other.path)' differs only by letter case")
            }
            if other.kind != .directory, folded.hasPrefix(otherFolded + "/") {
                throw error(.refused, entry.path, "its folder '\(other.path)' is itself a file or a link")
            }
        }
        var failure: (any Error)?
        try walk(wanted: { $0.index == entry.index }, visit: { _ in }) { piece throws(DreamSimError) in
            do {
                try sink(piece)
            } catch {
                failure = error
                throw self.error(.unreadable, entry.path, "\(error)")
            }
        } rethrowing: {
            failure
        }
    }

    // MARK: - Streaming

    private func walk(
        wanted: (Entry) -> Bool, visit: (Entry) -> Void,
        sink: (UnsafeRawBufferPointer) throws(DreamSimError) -> Void
    ) throws(DreamSimError) {
        let input = file.bytes
        let path = file.url.path
        guard input.count >= 18, input[0] == 0x1f, input[1] == 0x8b else {
            throw DreamSimError(.malformed, path, "not a gzip file")
        }
        var inflater = try Inflater(.gzip, path: path, key: nil)
        var reader = TarReader(path: path)
        var size = 0
        let (most, overflow) = input.count.multipliedReportingOverflow(by: ZipArchive.maximumRatio)
        let limit = overflow ? Self.maximumSize : min(max(most, ZipArchive.ratioFreeSize), Self.maximumSize)
        do {
            let used = try inflater.run(input) { piece in
                size += piece.count
                guard size <= limit else {
                    throw DreamSimError(
                        .limitExceeded, path, "the archive unpacks to more than \(limit) bytes")
                }
                try reader.consume(piece, wanted: wanted, visit: visit, sink: sink)
            }
            guard inflater.isFinished, used == input.count else {
                throw DreamSimError(
                    .malformed, path, offset: used,
                    inflater.isFinished ? "bytes follow the compressed data" : "the archive is cut off")
            }
            try reader.finish()
        } catch let failure as DreamSimError {
            throw failure
        } catch {
            throw DreamSimError(.unreadable, path, "\(error)")
        }
    }

    private func walk(
        wanted: (Entry) -> Bool, visit: (Entry) -> Void,
        sink: (UnsafeRawBufferPointer) throws(DreamSimError) -> Void,
        rethrowing failure: () -> (any Error)?
    ) throws {
        do {
            try walk(wanted: wanted, visit: visit, sink: sink)
        } catch {
            throw failure() ?? error
        }
    }

    private func error(_ kind: DreamSimError.Kind, _ key: String, _ reason: String) -> DreamSimError {
        DreamSimError(kind, file.url.path, key: key, reason)
    }
}

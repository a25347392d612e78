/// A zip archive in a mapped file, read strictly: what two readers could understand differently is refused.
///
/// This reads what `torch.save` writes (stored members, data descriptors, zip64 records, padding in the local extra
/// fields) and what the releases of weights hold (deflated members). It never writes.
package struct ZipArchive: Sendable {
    /// How a member's bytes are kept.
    package enum Method: Sendable, Hashable {
        case stored
        case deflated
    }

    /// A member, as the central directory describes it.
    package struct Entry: Sendable, Hashable {
        /// The name, verbatim: relative, with forward slashes; a folder's ends in one.
        package let path: String
        package let method: Method
        package let compressedSize: Int
        package let uncompressedSize: Int
        package let crc32: UInt32
        /// The Unix mode with its file type; 0 when the writer stated none.
        package let unixMode: UInt32
        /// General-purpose flags.
        let flags: Int
        /// Where the member's local header starts.
        let headerOffset: Int
        /// Where the next member's local header, or the central directory, starts.
        let limitOffset: Int

        package var isDirectory: Bool { path.hasSuffix("/") }
        package var isSymbolicLink: Bool { unixMode & 0o170000 == 0o120000 }
        var hasDataDescriptor: Bool { flags & 0x0008 != 0 }
    }

    /// The largest number of members that is read.
    static let maximumCount = 1 << 18
    /// The largest ratio of a member's size to its compressed size, once it is larger than `ratioFreeSize`.
    static let maximumRatio = 1000
    /// Small members may be compressed at will: they cannot do harm.
    static let ratioFreeSize = 1 << 20

    let file: MappedFile
    /// The members in the order of the central directory.
    package let entries: [Entry]
    private let indexByPath: [String: Int]

    /// Reads the central directory.
    /// - Throws: `.malformed`, `.refused`, `.unsupported` or `.limitExceeded`, with the member's name and the offset.
    package init(_ file: MappedFile) throws(DreamSimError) {
        self.file = file
        entries = try ZipDirectory(file).entries()
        var index: [String: Int] = [:]
        index.reserveCapacity(entries.count)
        for (i, entry) in entries.enumerated() {
            guard index.updateValue(i, forKey: entry.path) == nil else {
                throw DreamSimError(
                    .malformed, file.url.path, key: entry.path, "the archive holds two members of this name")
            }
        }
        indexByPath = index
    }

    /// The member of exactly this name.
    package func entry(_ path: String) -> Entry? {
        indexByPath[path].map { entries[$0] }
    }

    func error(
        _ kind: DreamSimError.Kind, _ entry: Entry, offset: Int? = nil, _ reason: String
    ) -> DreamSimError {
        DreamSimError(kind, file.url.path, key: entry.path, offset: offset, reason)
    }
}

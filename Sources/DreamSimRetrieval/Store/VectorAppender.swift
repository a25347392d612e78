import Foundation

/// The writing end of a file of vectors. Rows are only appended, and are on the disk before the database counts them.
final class VectorAppender {
    let url: URL
    let header: VectorFileHeader
    private let descriptor: Int32
    private let offset: Int

    /// Makes a new file.
    init(creating url: URL, _ header: VectorFileHeader) throws {
        let bytes = try header.bytes()
        descriptor = open(url.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.refused(url, "created") }
        self.url = url
        self.header = header
        offset = bytes.count
        try write(bytes, at: 0)
        try flush()
        try Self.flushFolder(of: url)
    }

    /// Opens a file to append to it. What follows the committed rows is cut off.
    init(opening url: URL, rows: Int) throws {
        // The map has checked the header and the length.
        let map = try MappedVectors(url, rows: rows)
        descriptor = open(url.path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.refused(url, "opened for writing") }
        self.url = url
        header = map.header
        offset = map.offset
        guard ftruncate(descriptor, off_t(offset + rows * header.rowBytes)) == 0 else {
            throw Self.refused(url, "written")
        }
    }

    deinit { close(descriptor) }

    /// Writes rows behind the committed ones, through to the disk.
    /// - Parameters:
    ///   - bytes: whole rows.
    ///   - first: the number of committed rows.
    func append(_ bytes: [UInt8], after first: Int) throws {
        precondition(bytes.count % header.rowBytes == 0, "\(bytes.count) bytes in rows of \(header.rowBytes)")
        guard !bytes.isEmpty else { return }
        try write(bytes, at: offset + first * header.rowBytes)
        try flush()
    }

    private func write(_ bytes: [UInt8], at position: Int) throws {
        guard WholeBytes.write(bytes, to: descriptor, at: position) else { throw Self.refused(url, "written") }
    }

    private func flush() throws {
        guard fsync(descriptor) == 0 else { throw Self.refused(url, "flushed to disk") }
    }

    private static func flushFolder(of url: URL) throws {
        // Some file systems cannot flush folders.
        let handle = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { return }
        _ = fsync(handle)
        close(handle)
    }

    private static func refused(_ url: URL, _ action: String) -> DreamSimError {
        DreamSimError(SystemFailure(action: action, code: errno), unwritable: url.path)
    }
}

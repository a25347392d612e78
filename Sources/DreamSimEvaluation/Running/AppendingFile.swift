package import Foundation

/// A file that only ever grows at its end, for one process at a time. What a killed process left half written at its end
/// is cut off when it is opened again.
package final class AppendingFile {
    package let path: String
    private let descriptor: Int32
    private(set) var length: Int

    /// Opens a file, makes it when it is not there, and locks it.
    /// - Throws: `DreamSimError` with `.locked` when another process has it, `.unwritable` when it cannot be opened.
    package init(_ url: URL) throws(DreamSimError) {
        path = url.path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
        length = 0
        guard descriptor >= 0 else { throw failure("be opened") }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK {
                throw DreamSimError(
                    .locked, path, "another process is evaluating the same; wait for it, or use another cache folder"
                )
            }
            throw failure("be locked")
        }
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw failure("be measured") }
        length = Int(end)
    }

    deinit {
        // Said outright: a child of this process that has not yet come to its own program holds the lock too.
        if descriptor >= 0 { flock(descriptor, LOCK_UN) }
        close(descriptor)
    }

    /// Reads a part.
    package func read(_ count: Int, at offset: Int) throws(DreamSimError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        let isWhole = result.withUnsafeMutableBytes { WholeBytes.read(into: $0, from: descriptor, at: offset) }
        guard isWhole else { throw failure("be read") }
        return result
    }

    /// Cuts the end off.
    package func truncate(to length: Int) throws(DreamSimError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw failure("be cut") }
        self.length = length
    }

    /// Adds bytes at the end.
    package func append(_ bytes: [UInt8]) throws(DreamSimError) {
        guard WholeBytes.append(bytes, to: descriptor) else {
            let error = failure("be written")
            // What was written of a record that does not fit is of no use.
            ftruncate(descriptor, off_t(length))
            throw error
        }
        length += bytes.count
    }

    private func failure(_ action: String) -> DreamSimError {
        DreamSimError(
            .unwritable, path,
            "cannot \(action): \(String(cString: strerror(errno))); use another cache folder, or none")
    }
}

package import Foundation

/// A file that only ever grows at its end, for one process at a time. What a killed process left half written at its end
/// is cut off when it is opened again.
package final class AppendingFile {
    package let path: String
    private let descriptor: Int32
    private(set) var length: Int

    /// Opens a file, makes it when it is not there, and locks it.
    /// - Throws: `EvaluationError` with `.busy` when another process has it, `.unwritable` when it cannot be opened.
    package init(_ url: URL) throws(EvaluationError) {
        path = url.path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
        length = 0
        guard descriptor >= 0 else { throw failure("be opened") }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK {
                throw EvaluationError(
                    .busy, path, "another process is evaluating the same; wait for it, or give --cache another folder")
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
    package func read(_ count: Int, at offset: Int) throws(EvaluationError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = result.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw failure("be read") }
            done += got
        }
        return result
    }

    /// Cuts the end off.
    package func truncate(to length: Int) throws(EvaluationError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw failure("be cut") }
        self.length = length
    }

    /// Adds bytes at the end.
    package func append(_ bytes: [UInt8]) throws(EvaluationError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure("be written")
                // What was written of a record that does not fit is of no use.
                ftruncate(descriptor, off_t(length))
                throw error
            }
            done += count
        }
        length += bytes.count
    }

    private func failure(_ action: String) -> EvaluationError {
        EvaluationError(
            .unwritable, path,
            "cannot \(action): \(String(cString: strerror(errno))); give --cache another folder, or --no-cache")
    }
}

/// The system's call, which methods of similar names would hide.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}

package import Foundation

/// A file that appears under its name only when it is complete and on the disk; otherwise nothing is left behind.
package struct AtomicFile: ~Copyable {
    private let url: URL
    private let temporary: String
    private let descriptor: Int32

    /// Opens a temporary file in the folder of `url`.
    package init(replacing url: URL) throws(CheckpointError) {
        self.url = url
        let folder = url.deletingLastPathComponent()
        temporary = folder.appending(path: ".\(url.lastPathComponent.prefix(80)).\(UUID().uuidString).part").path
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CheckpointError(.unwritable, path: url.path, "cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Writes a whole file at once.
    package static func write(_ bytes: [UInt8], to url: URL) throws(CheckpointError) {
        let file = try AtomicFile(replacing: url)
        try bytes.withUnsafeBytesTyped { (bytes) throws(CheckpointError) in try file.append(bytes) }
        try file.commit()
    }

    deinit {
        close(descriptor)
        unlink(temporary)
    }

    /// Appends bytes.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = write(descriptor, base, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure()
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Flushes the file, gives it its name, and flushes the folder.
    package consuming func commit() throws(CheckpointError) {
        guard fsync(descriptor) == 0 else { throw failure() }
        guard rename(temporary, url.path) == 0 else { throw failure() }
        let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        // Some file systems cannot flush a folder; the file itself is safe then all the same.
        fsync(folder)
        close(folder)
    }

    private func failure() -> CheckpointError {
        CheckpointError(.unwritable, path: url.path, "cannot be written: \(String(cString: strerror(errno)))")
    }
}

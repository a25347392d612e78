package import Foundation

/// A regular file mapped read-only into memory for as long as this object lives.
///
/// `@unchecked Sendable`: the mapping is private and read-only and never changes after `init`.
package final class MappedFile: @unchecked Sendable {
    package let url: URL
    /// The whole file; empty for an empty file.
    package let bytes: UnsafeRawBufferPointer

    /// Maps a file.
    /// - Throws: `.unreadable` when it cannot be opened or is not a regular file (folder, pipe, device).
    package init(_ url: URL) throws(DreamSimError) {
        self.url = url
        let path = url.path
        // O_NONBLOCK: opening a pipe must not wait for a writer; it is refused just below.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw DreamSimError(.unreadable, path, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw DreamSimError(.unreadable, path, String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DreamSimError(.unreadable, path, "not a regular file; give the path of a file of weights")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw DreamSimError(.unreadable, path, "cannot be mapped: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: base, count: size)
    }

    deinit {
        if let base = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }
}

internal import CDreamSimMapping
package import Foundation

/// A regular file mapped read-only into memory for as long as this object lives.
///
/// `@unchecked Sendable`: the mapping is private and read-only and never changes after `init`, unless it is watched and
/// its file is cut short; then it is marked.
package final class MappedFile: @unchecked Sendable {
    package let url: URL
    /// The whole file; empty for an empty file.
    package let bytes: UnsafeRawBufferPointer
    /// The open file and the number of its watched range; nil when it is not watched.
    private let watch: (descriptor: Int32, range: Int32)?

    /// Maps a file.
    /// - Parameter watching: whether the file may be cut short while it is mapped. What it has lost is then read as zeros,
    ///   in place of the end of the process, and whoever reads asks `isWhole(_:)` afterwards.
    /// - Throws: `.unreadable` when it cannot be opened or is not a regular file (folder, pipe, device).
    package init(_ url: URL, watching: Bool = false) throws(DreamSimError) {
        self.url = url
        let path = url.path
        // O_NONBLOCK: opening a pipe must not wait for a writer; it is refused just below.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw DreamSimError(.unreadable, path, String(cString: strerror(errno)))
        }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw DreamSimError(.unreadable, path, String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DreamSimError(.unreadable, path, "not a regular file; give the path of a file of weights")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            (bytes, watch) = (UnsafeRawBufferPointer(start: nil, count: 0), nil)
            return
        }
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw DreamSimError(.unreadable, path, "cannot be mapped: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: base, count: size)
        watch = watching ? (descriptor: descriptor, range: dsm_watch(base, size)) : nil
        isKept = watching
    }

    /// Whether a watched file still has so many bytes, and all that was read of it were its own.
    package func isWhole(_ length: Int) -> Bool {
        guard let watch else { return true }
        var status = stat()
        guard fstat(watch.descriptor, &status) == 0, Int(status.st_size) >= length else { return false }
        return watch.range < 0 || dsm_is_marked(watch.range) == 0
    }

    deinit {
        if let watch {
            if watch.range >= 0 { dsm_forget(watch.range) }
            close(watch.descriptor)
        }
        if let base = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }
}

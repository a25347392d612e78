import Foundation

/// Which file, in which state: its path, size and times. Caches go by it, so that a changed image is looked at
/// anew.
package struct FileKey: Hashable, Sendable {
    /// 32 hexadecimal digits.
    package let digits: String

    /// Looks at a file; nil when it is not there or no regular file.
    package init?(_ path: ImagePath) {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        // The time of modification can be set, as by a program that edits a file in place and keeps it.
        let times = [status.modified, status.changed].map { "\($0.tv_sec) \($0.tv_nsec)" }.joined(separator: " ")
        let state = "\u{0}\(status.st_size) \(times)"
        digits = String(SHA256Digest.hex(of: path.absolute.bytes + Array(state.utf8)).prefix(32))
    }

    package static func isFolder(_ path: ImagePath) -> Bool {
        var status = stat()
        return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension ImagePath {
    /// The path from the root of the file system on.
    package var absolute: ImagePath {
        bytes.first == UInt8(ascii: "/")
            ? self : ImagePath(FileManager.default.currentDirectoryPath).appending(bytes)
    }
}

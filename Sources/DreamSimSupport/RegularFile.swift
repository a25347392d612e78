package import Foundation

/// Reads a whole regular file once.
package enum RegularFile {
    /// Reads a file by its raw path, whatever bytes that holds.
    ///
    /// Folders, pipes, sockets and devices are refused without waiting on them.
    ///
    /// - Parameters:
    ///   - rawPath: The bytes of the path, without a terminator.
    ///   - byteLimit: The most bytes that are read.
    package static func read(rawPath: [UInt8], byteLimit: Int) throws(DreamSimError) -> [UInt8] {
        let path = String(decoding: rawPath, as: UTF8.self)
        func failed(_ action: String) -> DreamSimError {
            let code = errno
            var reason = "cannot \(action): \(String(cString: strerror(code)))"
            if code == ENOENT {
                reason +=
                    path == "-"
                    ? "; standard input is not read, name a file"
                    : path.contains("://")
                        ? "; addresses are not fetched, name a file" : "; see whether its name is right"
            }
            return DreamSimError(.unreadable, path, reason)
        }
        guard !rawPath.isEmpty, !rawPath.contains(0) else {
            throw DreamSimError(.unreadable, path, "an empty path, or one with a NUL byte in it, names no file")
        }
        let name = rawPath.map { CChar(bitPattern: $0) } + [0]
        // Looked at before it is opened: opening alone can have effects on a device.
        var status = stat()
        guard stat(name, &status) == 0 else { throw failed("open it") }
        try checkIsRegular(status, path: path)
        let descriptor = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw failed("open it") }
        defer { close(descriptor) }
        guard fstat(descriptor, &status) == 0 else { throw failed("look at it") }
        try checkIsRegular(status, path: path)
        let size = Int(status.st_size)
        guard size <= byteLimit else {
            throw DreamSimError(
                .limitExceeded, path, "\(size) bytes pass the limit of \(byteLimit); name a smaller file")
        }

        // One byte more than the size: a file that grows meanwhile is noticed.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                systemRead(descriptor, $0.baseAddress! + filled, $0.count - filled)
            }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failed("read it")
            }
            filled += count
        }
        var after = stat()
        guard fstat(descriptor, &after) == 0 else { throw failed("look at it") }
        guard filled == size, isSameMoment(status, after) else {
            throw DreamSimError(.unreadable, path, "it changed while it was read; try again when it is at rest")
        }
        bytes.removeLast()
        return bytes
    }

    /// Reads a small file of text.
    package static func read(_ url: URL, byteLimit: Int) throws(DreamSimError) -> Data {
        Data(try read(rawPath: Array(url.path.utf8), byteLimit: byteLimit))
    }

    private static func checkIsRegular(_ status: stat, path: String) throws(DreamSimError) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw DreamSimError(.unreadable, path, "it is a folder; name a file inside it")
        default:
            throw DreamSimError(.unreadable, path, "it is a pipe, socket or device; only regular files are read")
        }
    }

    private static func isSameMoment(_ before: stat, _ after: stat) -> Bool {
        let (a, b) = (before.modified, after.modified)
        return before.st_size == after.st_size && a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec
    }
}

/// The system's call, which methods of the same name would hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

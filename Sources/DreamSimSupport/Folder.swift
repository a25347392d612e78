#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Folders for what is written.
package enum Folder {
    /// Makes a folder and those above it; it may be there already.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package static func make(_ path: String) throws(DreamSimError) {
        do throws(SystemFailure) { try makeAll(path) } catch { throw DreamSimError(error, unwritable: path) }
    }

    /// As `make`, with the bare fault.
    package static func makeAll(_ path: String) throws(SystemFailure) {
        if mkdir(path, 0o777) == 0 { return }
        let code = errno
        // What is there may be refused for another reason than that, such as a disk that cannot be written.
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemFailure(action: "made", code: ENOTDIR) }
            return
        }
        let above = path.split(separator: "/").dropLast().joined(separator: "/")
        guard code == ENOENT, !above.isEmpty else { throw SystemFailure(action: "made", code: code) }
        try makeAll(path.hasPrefix("/") ? "/" + above : above)
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw SystemFailure(action: "made", code: errno) }
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes a file so that readers see the old one or the new one, never a part.
enum AtomicFile {
    /// Writes a temporary file in the same folder, flushes it, renames it, and flushes the folder.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - rawPath: The bytes of the path, without a terminator.
    static func write(_ bytes: [UInt8], rawPath: [UInt8]) throws(ImagingError) {
        let path = String(decoding: rawPath, as: UTF8.self)
        func failed(_ action: String) -> ImagingError {
            ImagingError(.unwritable, path: path, "cannot \(action): \(String(cString: strerror(errno)))")
        }
        guard let last = rawPath.last, last != UInt8(ascii: "/"), !rawPath.contains(0) else {
            throw ImagingError(.unwritable, path: path, "the path names no file")
        }
        let slash = rawPath.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { $0 == 0 ? [UInt8(ascii: "/")] : Array(rawPath[..<$0]) } ?? [UInt8(ascii: ".")]
        // Named by chance, not after the target: that name may already be as long as the file system allows.
        let suffix = String(UInt64.random(in: 0 ... .max), radix: 36)
        let temporary = terminated(folder + Array("/.dreamsim-\(suffix).part".utf8))

        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failed("create a file in its folder") }
        var isFinished = false
        defer { if !isFinished { unlink(temporary) } }
        do {
            defer { close(descriptor) }
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
                if count < 0 {
                    if errno == EINTR { continue }
                    throw failed("write it")
                }
                written += count
            }
            guard fsync(descriptor) == 0 else { throw failed("flush it to disk") }
        }
        guard rename(temporary, terminated(rawPath)) == 0 else { throw failed("put it in place") }
        isFinished = true
        // Some file systems cannot flush folders; the picture is in place nevertheless.
        let handle = open(terminated(folder), O_RDONLY | O_CLOEXEC)
        if handle >= 0 {
            _ = fsync(handle)
            close(handle)
        }
    }

    private static func terminated(_ path: [UInt8]) -> [CChar] {
        path.map { CChar(bitPattern: $0) } + [0]
    }

    /// The system's call, which the function above would hide.
    private static func write(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, buffer, count)
        #elseif canImport(Musl)
            Musl.write(descriptor, buffer, count)
        #else
            Darwin.write(descriptor, buffer, count)
        #endif
    }
}

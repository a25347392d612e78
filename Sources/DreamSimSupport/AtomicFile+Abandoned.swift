#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension AtomicFile {
    /// Whether a name is that of a file that is being written, or whose writer was killed.
    package static func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix)
    }

    /// Removes the temporary files of a folder whose writers were killed. Those that somebody is writing are locked, and
    /// stay; so does everything that is no plain file, or that cannot be opened.
    package static func removeAbandoned(in folder: some Sequence<UInt8>) {
        let folder = folder.map { CChar(bitPattern: $0) } + [0]
        guard let listing = opendir(folder) else { return }
        defer { closedir(listing) }
        let handle = dirfd(listing)
        while let entry = readdir(listing) {
            withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 1) { name in
                    let text = String(cString: name)
                    guard isTemporary(text) else { return }
                    removeIfAbandoned(name, in: handle)
                }
            }
        }
    }

    private static func removeIfAbandoned(_ name: UnsafePointer<CChar>, in folder: Int32) {
        // A pipe would wait for somebody to write.
        let descriptor = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // Removed before the lock is let go: a writer that has just made the file and waits for it sees that it is gone.
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else { return }
        unlinkat(folder, name, 0)
    }
}

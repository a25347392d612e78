import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that appears under its name only when it is complete and on the disk; otherwise nothing is left behind.
///
/// Bytes go to a temporary file in the same folder; `commit` flushes it, renames it and flushes the folder. The temporary
/// file is locked as long as somebody writes it, so that what a killed process left can be told: the first file that a process
/// writes into a folder removes it.
package struct AtomicFile: ~Copyable {
    /// A step that the system refused.
    package struct Failure: Error, Sendable {
        /// The file that was to be written.
        package let path: String
        /// What was being done and the system's reason, such as `cannot write: No space left on device`.
        package let reason: String
        /// `errno`; 0 where the system was not asked.
        package let code: Int32
    }

    static let temporaryPrefix = ".dreamsim-", temporarySuffix = ".part"

    /// Folders in which this process has looked for what others left.
    private static let tidied = Mutex<Set<[UInt8]>>([])

    private let path: [UInt8]
    private let folder: [UInt8]
    private let temporary: [CChar]
    private let descriptor: Int32

    /// Opens a temporary file beside the one that is to be written.
    /// - Parameter path: the bytes of the path, without a terminating zero; they need not be UTF-8.
    package init(replacing path: some Sequence<UInt8>) throws(Failure) {
        let path = Array(path)
        guard let last = path.last, last != UInt8(ascii: "/"), !path.contains(0) else {
            throw Failure(path: String(decoding: path, as: UTF8.self), reason: "the path names no file", code: 0)
        }
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { $0 == 0 ? [UInt8(ascii: "/")] : Array(path[..<$0]) } ?? [UInt8(ascii: ".")]
        if Self.tidied.withLock({ $0.insert(folder).inserted }) { Self.removeAbandoned(in: folder) }
        let (temporary, descriptor) = try Self.create(in: folder, for: path)
        self.path = path
        self.folder = folder
        self.temporary = temporary
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        unlink(temporary)
    }

    /// Makes a temporary file and locks it.
    private static func create(
        in folder: [UInt8], for path: [UInt8]
    ) throws(Failure) -> (name: [CChar], descriptor: Int32) {
        while true {
            // Named at random, not after the target: that name may already be as long as the file system allows.
            let suffix = String(UInt64.random(in: 0 ... .max), radix: 36)
            let name = terminated(folder + Array("/\(temporaryPrefix)\(suffix)\(temporarySuffix)".utf8))
            let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw failure(path, "create a file in its folder") }
            // Where a file system has no locks nobody else gets one either, and the file is left alone.
            while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
            // Somebody who tidies up may have come between the two steps.
            var status = stat()
            if fstat(descriptor, &status) == 0 && status.st_nlink == 0 {
                close(descriptor)
                continue
            }
            return (name, descriptor)
        }
    }

    /// Writes a whole file at once.
    package static func write(_ bytes: [UInt8], to path: some Sequence<UInt8>) throws(Failure) {
        let file = try AtomicFile(replacing: path)
        try file.append(bytes)
        try file.commit()
    }

    /// Appends bytes.
    package func append(_ bytes: [UInt8]) throws(Failure) {
        guard WholeBytes.append(bytes, to: descriptor) else { throw Self.failure(path, "write it") }
    }

    /// Appends bytes.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        guard WholeBytes.append(bytes, to: descriptor) else { throw Self.failure(path, "write it") }
    }

    /// Replaces bytes that were written before.
    /// - Parameter offset: where they begin in the file.
    package func overwrite(at offset: Int, _ bytes: [UInt8]) throws(Failure) {
        guard WholeBytes.write(bytes, to: descriptor, at: offset) else { throw Self.failure(path, "write it") }
    }

    /// Where the bytes are until the file has its name, for reading them back.
    package var temporaryPath: String {
        temporary.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Sees to it that the bytes are on the disk, so that a full one is known before any of several files is put in place.
    package func flush() throws(Failure) {
        guard fsync(descriptor) == 0 else { throw Self.failure(path, "flush it to disk") }
    }

    /// Gives the finished file its name.
    package consuming func commit() throws(Failure) {
        try flush()
        guard rename(temporary, Self.terminated(path)) == 0 else { throw Self.failure(path, "put it in place") }
        // Some file systems cannot flush folders; the file is in place nevertheless.
        let handle = open(Self.terminated(folder), O_RDONLY | O_CLOEXEC)
        if handle >= 0 {
            _ = fsync(handle)
            close(handle)
        }
    }

    private static func failure(_ path: [UInt8], _ action: String) -> Failure {
        let code = errno
        return Failure(
            path: String(decoding: path, as: UTF8.self), reason: "cannot \(action): \(String(cString: strerror(code)))",
            code: code)
    }

    private static func terminated(_ path: [UInt8]) -> [CChar] {
        path.map { CChar(bitPattern: $0) } + [0]
    }
}

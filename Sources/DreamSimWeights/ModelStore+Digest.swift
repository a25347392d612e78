import DreamSimCheckpoints
public import Foundation

extension ModelStore {
    /// The SHA-256 of a file in lower-case hexadecimal digits, read in pieces.
    /// - Throws: `.fileSystem` when it cannot be read.
    public static func sha256(of url: URL) throws(DreamSimError) -> String {
        try sha256(of: url) { _ in }
    }

    static func sha256(of url: URL, from offset: Int = 0, progress: (Int) -> Void) throws(DreamSimError) -> String {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(url, "cannot be read") }
        defer { close(descriptor) }
        guard offset == 0 || lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw .system(url, "cannot be read")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var digest = SHA256Digest()
        var total = 0
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(url, "cannot be read") }
            if count == 0 { break }
            digest.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
            total += count
            progress(total)
        }
        return digest.hex()
    }

    /// As `sha256(of:)`, but remembered: a file whose size, modification time and place on disk are unchanged is not
    /// read again.
    ///
    /// This says which file it is (for caches that are derived from it); to find damage, use `verify`.
    /// - Throws: `.fileSystem` when the file cannot be read or changes meanwhile. That the digest cannot be remembered
    ///   is no error.
    public func digest(of url: URL) throws(DreamSimError) -> String { try digest(of: url, from: 0) }

    /// Checks the data of a safetensors file against the digest that its metadata state; remembered as `digest(of:)` is.
    /// - Parameter stated: the digest; nil where it is lost.
    /// - Throws: `.badWeights` when the data are others.
    package func confirmData(ofSafetensors url: URL, stated: String?) throws(DreamSimError) {
        let file = try MappedFile(url)
        if let stated, file.bytes.count >= 8 {
            // The format begins with the length of its header.
            let length = Int(clamping: file.bytes.loadUnaligned(as: UInt64.self).littleEndian)
            if try digest(of: url, from: 8 + min(length, file.bytes.count)) == stated { return }
        }
        throw DreamSimError(
            .badWeights, subject: url.path, problem: "its numbers are not those that were written",
            remedy: "remove it and convert the model again")
    }

    private func digest(of url: URL, from offset: Int) throws(DreamSimError) -> String {
        let state = try FileState(url)
        let key = url.standardizedFileURL.path + (offset > 0 ? Self.dataSuffix : "")
        if let known = readDigests()[key], known.state == state { return known.sha256 }
        let sha256 = try Self.sha256(of: url, from: offset) { _ in }
        guard try FileState(url) == state else {
            throw DreamSimError(.fileSystem, url.path, "the file changed while it was read")
        }
        // A file that was written this very moment could change again without its time telling.
        if state.isSettled { remember(KnownDigest(state: state, sha256: sha256), for: key) }
        return sha256
    }

    /// What stands behind a path where the digest is that of a file's data alone.
    private static let dataSuffix = "#data"

    private var digestsURL: URL { configuration.home.appending(path: "digests.json") }

    private func readDigests() -> [String: KnownDigest] {
        guard let data = try? RegularFile.read(digestsURL, byteLimit: 64 << 20) else { return [:] }
        return (try? JSONDecoder().decode([String: KnownDigest].self, from: data)) ?? [:]
    }

    private func remember(_ digest: KnownDigest, for key: String) {
        do {
            try DurableFile.makeFolder(locksFolder)
            // Another writer's entries must not be lost; but nothing is worth waiting for here.
            guard let lock = try FileLock.attempt(locksFolder.appending(path: "digests.lock")) else { return }
            defer { withExtendedLifetime(lock) {} }
            var digests = readDigests().filter { access($0.key.replacing(Self.dataSuffix, with: ""), F_OK) == 0 }
            digests[key] = digest
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try DurableFile.write(Array(encoder.encode(digests)), to: digestsURL, disk: configuration.disk)
        } catch {
            // The folder may be read-only: the digest is then computed each time.
        }
    }
}

private struct KnownDigest: Codable {
    var state: FileState
    var sha256: String
}

/// What tells a file from its earlier self without reading it.
private struct FileState: Codable, Equatable {
    var size: Int
    var modifiedSeconds: Int
    var modifiedNanoseconds: Int
    var changedSeconds: Int
    var changedNanoseconds: Int
    var inode: UInt64

    init(_ url: URL) throws(DreamSimError) {
        var status = stat()
        guard stat(url.path, &status) == 0 else { throw .system(url, "cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DreamSimError(.fileSystem, url.path, "not a regular file")
        }
        size = Int(status.st_size)
        inode = UInt64(status.st_ino)
        (modifiedSeconds, modifiedNanoseconds) = (status.modified.tv_sec, status.modified.tv_nsec)
        (changedSeconds, changedNanoseconds) = (status.changed.tv_sec, status.changed.tv_nsec)
    }

    /// Whether the last change is more than two seconds ago.
    var isSettled: Bool { time(nil) - modifiedSeconds > 2 }
}

import Foundation

/// Files that are there whole or not at all, whenever the process or the machine stops.
enum DurableFile {
    /// Writes a small file: temporary file in the same folder, fsync, rename, fsync of the folder.
    static func write(_ bytes: [UInt8], to url: URL, disk: Disk) throws(DreamSimError) {
        let temporary = temporary(of: url)
        do throws(DreamSimError) {
            let writer = try FileWriter(temporary, keepsContents: false, disk: disk)
            var failure: DreamSimError?
            bytes.withUnsafeBytes { buffer in
                do throws(DreamSimError) { try writer.write(buffer) } catch { failure = error }
            }
            if let failure { throw failure }
            try writer.synchronize()
            try rename(temporary, to: url)
        } catch {
            unlink(temporary.path)
            throw error
        }
    }

    /// Where a file is until it has its name. Whoever writes holds a lock, so that the name can be the same each time, and what a
    /// killed process left is found.
    static func temporary(of url: URL) -> URL {
        url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).tmp")
    }

    /// Gives a finished and synchronized file its name.
    static func rename(_ from: URL, to url: URL) throws(DreamSimError) {
        guard try renameOnSameDisk(from, to: url) else { throw .system(url, "cannot be put in place", EXDEV) }
    }

    /// As `rename`, but says false when the two folders are on different file systems.
    static func renameOnSameDisk(_ from: URL, to url: URL) throws(DreamSimError) -> Bool {
        if Foundation.rename(from.path, url.path) != 0 {
            if errno == EXDEV { return false }
            throw .system(url, "cannot be put in place")
        }
        try synchronizeFolder(url.deletingLastPathComponent())
        let source = from.deletingLastPathComponent()
        if source.path != url.deletingLastPathComponent().path { try synchronizeFolder(source) }
        return true
    }

    /// Makes the names in a folder durable.
    static func synchronizeFolder(_ folder: URL) throws(DreamSimError) {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(folder, "cannot be opened") }
        defer { close(descriptor) }
        // Some network file systems refuse this for folders; there is nothing better to do then.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .system(folder, "cannot be synchronized") }
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ folder: URL) throws(DreamSimError) {
        do throws(SystemFailure) { try Folder.makeAll(folder.path) } catch {
            throw .system(folder, "cannot be made", error.code)
        }
    }

    /// Whether a regular file is there, perhaps by a symbolic link of the user's.
    static func isFile(_ url: URL) -> Bool {
        var status = stat()
        return stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

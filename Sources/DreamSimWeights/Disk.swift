package import Foundation

/// The calls that writing depends on, so that tests can make them fail.
package struct Disk: Sendable {
    /// Writes to a descriptor as `write(2)` does; negative is minus the error number.
    package var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int
    /// The bytes that can still be written below a folder; nil when unknown.
    package var freeBytes: @Sendable (URL) -> Int?

    /// The real thing.
    package static let system = Disk(
        write: { descriptor, bytes in
            #if canImport(Darwin)
                let count = Darwin.write(descriptor, bytes.baseAddress, bytes.count)
            #else
                let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            #endif
            return count < 0 ? -Int(errno) : count
        },
        freeBytes: { folder in
            var status = statvfs()
            guard statvfs(folder.path, &status) == 0 else { return nil }
            let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
            return overflow ? nil : bytes
        })

    /// Refuses early what cannot fit. `what` names it, `extra` bytes are needed beside the `count`.
    func checkRoom(for count: Int, in folder: URL, _ what: String) throws(DreamSimError) {
        guard let free = freeBytes(folder), free < count else { return }
        throw DreamSimError(
            .diskFull, folder.path, isResumable: true,
            "\(what) needs \(count) bytes, \(free) are free; make \(count - free) bytes of room and ask again, "
                + "or set DREAMSIM_HOME to a folder on another disk")
    }
}

/// A file that is being written piece by piece.
final class FileWriter {
    let url: URL
    private let disk: Disk
    private let descriptor: Int32
    /// The file's size so far.
    private(set) var count: Int

    /// Opens a file to append to (`keepsContents`), or to write anew.
    init(_ url: URL, keepsContents: Bool, disk: Disk) throws(DreamSimError) {
        self.url = url
        self.disk = disk
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (keepsContents ? 0 : O_TRUNC)
        descriptor = open(url.path, flags, 0o644)
        guard descriptor >= 0 else { throw .system(url, "cannot be written") }
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else {
            close(descriptor)
            throw .system(url, "cannot be written")
        }
        count = Int(end)
    }

    deinit { close(descriptor) }

    /// Appends all of the bytes. What was written before a fault stays.
    func write(_ bytes: UnsafeRawBufferPointer) throws(DreamSimError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = disk.write(descriptor, rest)
            if written < 0 {
                if written == -Int(EINTR) { continue }
                throw .system(url, "cannot be written", Int32(-written), needed: rest.count)
            }
            count += written
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    /// Makes the file empty.
    func truncate() throws(DreamSimError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw .system(url, "cannot be emptied")
        }
        count = 0
    }

    /// Waits until the disk has it all.
    func synchronize() throws(DreamSimError) {
        guard fsync(descriptor) == 0 else { throw .system(url, "cannot be synchronized") }
    }
}

extension DreamSimError {
    /// The error of a failed system call.
    static func system(
        _ url: URL, _ what: String, _ code: Int32 = errno, needed: Int? = nil
    ) -> DreamSimError {
        let reason = "\(what): \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            let more = needed.map { "; at least \($0) bytes more are needed" } ?? ""
            return DreamSimError(
                .diskFull, url.path, isResumable: true, reason + more + "; make room and ask again: nothing is lost")
        case EACCES, EPERM, EROFS:
            return DreamSimError(
                .fileSystem, url.path, reason + "; set DREAMSIM_HOME to a folder that can be written")
        default:
            return DreamSimError(.fileSystem, url.path, reason + "; ask again, and check the disk if it stays so")
        }
    }
}

import Checkpoints
import Foundation
import Persistence

/// How a run writes its files, and what it says when that fails.
enum Writing {
    /// Adds bytes at the end of a file.
    /// - Throws: `TrainingError` with `.unwritable`.
    static func append(_ bytes: [UInt8], to handle: FileHandle, _ url: URL) throws(TrainingError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(handle.fileDescriptor, $0.baseAddress!, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw TrainingError(.unwritable, url.path, reason("written", String(cString: strerror(errno)), errno))
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes a whole file, which appears whole or not at all.
    /// - Throws: `TrainingError` with `.unwritable`.
    static func replace(_ url: URL, with bytes: [UInt8]) throws(TrainingError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(bytes, to: url.path.utf8)
        } catch {
            throw TrainingError(.unwritable, error.path, "\(error.reason); \(advice)")
        }
    }

    /// Writes by means that do not know of runs, and says what to do when that fails.
    /// - Throws: `TrainingError` with `.unwritable`, and whatever else `body` throws.
    static func checked(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as CheckpointError where error.kind == .unwritable {
            throw TrainingError(.unwritable, error.path, "\(error.reason); \(advice)")
        } catch let error as CocoaError {
            throw TrainingError(
                .unwritable, error.filePath ?? "the folder of the run", "\(error.localizedDescription); \(advice)")
        }
    }

    static func reason(_ action: String, _ what: String, _ code: Int32) -> String {
        "cannot be \(action): \(what); \(advice)"
    }

    static let advice =
        "the last checkpoint is whole: make room, or the folder writable, and give the same command again"
}

/// The system's call, which methods of similar names would hide.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}

import DreamSimCheckpoints
import Foundation

/// How a run writes its files, and what it says when that fails.
enum Writing {
    /// Adds bytes at the end of a file.
    /// - Throws: `DreamSimError` with `.unwritable`.
    static func append(_ bytes: [UInt8], to handle: FileHandle, _ url: URL) throws(DreamSimError) {
        guard WholeBytes.append(bytes, to: handle.fileDescriptor) else {
            throw DreamSimError(.unwritable, url.path, reason("written", errno))
        }
    }

    /// Writes a whole file, which appears whole or not at all.
    /// - Throws: `DreamSimError` with `.unwritable`.
    static func replace(_ url: URL, with bytes: [UInt8]) throws(DreamSimError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(bytes, to: url.path.utf8)
        } catch {
            throw DreamSimError(.unwritable, error.path, "\(error.reason); \(advice)")
        }
    }

    /// Writes by means that do not know of runs, and says what to do when that fails.
    /// - Throws: `DreamSimError` with `.unwritable`, and whatever else `body` throws.
    static func checked(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DreamSimError where error.kind == .unwritable {
            throw DreamSimError(.unwritable, error.subject, "\(error.problem); \(advice)")
        } catch let error as CocoaError {
            throw DreamSimError(
                .unwritable, error.filePath ?? "the folder of the run", "\(error.plainReason); \(advice)")
        }
    }

    /// Why the system refused, and what to do.
    static func reason(_ action: String, _ code: Int32) -> String {
        "cannot be \(action): \(String(cString: strerror(code))); \(advice)"
    }

    static let advice =
        "the last checkpoint is whole: make room, or the folder writable, and give the same command again"
}

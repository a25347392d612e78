package import Foundation

/// Files that appear whole or not at all.
package enum WholeFile {
    /// Writes a text as UTF-8.
    /// - Throws: `DreamSimError` with `.unwritable` when the folder is missing, the disk is full or the like.
    package static func write(_ text: String, to url: URL) throws(DreamSimError) {
        try write(Array(text.utf8), to: url)
    }

    /// Writes bytes.
    /// - Throws: `DreamSimError` with `.unwritable` when the folder is missing, the disk is full or the like.
    package static func write(_ bytes: [UInt8], to url: URL) throws(DreamSimError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(bytes, to: ImagePath(url.path).bytes)
        } catch {
            throw DreamSimError(.unwritable, error.path, error.reason + SystemFailure.advice(error.code))
        }
    }
}

import DreamSimNetworks
package import Foundation

/// A head, or an adapter's folder, that makes another model of a model's weights: where it lies and what it holds.
package struct TuningFiles: Hashable, Sendable, Codable {
    /// The absolute path of the head's file or the adapter's folder.
    package let path: String
    /// SHA-256, in hexadecimal: a head's own, or that over the digests of an adapter's configuration and weights.
    package let sha256: String

    /// Describes a head.
    /// - Throws: `DreamSimError` when it cannot be read.
    package init(head file: URL, in store: ModelStore) throws {
        path = file.absoluteURL.standardizedFileURL.path
        sha256 = try store.digest(of: file)
    }

    /// Describes an adapter.
    /// - Parameter folder: as PEFT writes it, or `dreamsim train`.
    /// - Throws: `DreamSimError` when one of its files cannot be read.
    package init(adapter folder: URL, in store: ModelStore) throws {
        path = folder.absoluteURL.standardizedFileURL.path
        let weights = LoRAAdapter.weightFiles.map { folder.appending(path: $0) }
        let found = weights.first { FileManager.default.fileExists(atPath: $0.path) } ?? weights[0]
        sha256 = digest(
            of: try [folder.appending(path: LoRAAdapter.configurationFile), found].map { try store.digest(of: $0) })
    }
}

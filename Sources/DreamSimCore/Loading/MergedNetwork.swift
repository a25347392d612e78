import DreamSimCheckpoints
import DreamSimNetworks
import Foundation

/// A convolutional network's weights as the products read them, kept in one mapped file for all metrics that look through
/// it, so that a metric is ready at once.
struct MergedNetwork {
    /// The layout's version; a file of another is made anew.
    private static let version = "2"

    let weights: WeightSet
    /// SHA-256 of the file that the weights come from.
    let digest: String

    /// Opens the kept weights, or arranges and keeps them.
    /// - Parameters:
    ///   - file: where the network's weights lie, of any layout that is understood.
    ///   - sources: what may have yielded them.
    ///   - precision: `.float32` or `.int16`.
    ///   - report: is told when they cannot be kept.
    init(
        _ architecture: ConvolutionalArchitecture, file: URL, from sources: [WeightSource], in precision: Precision,
        _ store: ModelStore, keeps: Bool, report: (PerceptualModel.LoadingEvent) -> Void
    ) throws {
        digest = try store.confirmedDigest(of: file, from: sources) { report(.note($0)) }
        let url = store.mergedFolder.appending(
            path: "\(architecture.rawValue)-\(digest.prefix(16))\(precision.suffix).\(MergedModel.fileExtension)")
        if keeps, let kept = try? Self.kept(url, digest: digest, checkedBy: store) {
            weights = kept
            return
        }
        var made = try WeightSet(Checkpoint(contentsOf: file), for: architecture)
        try made.checkFinite()
        if precision == .int16 { made = made.rounded(for: architecture) }
        if keeps {
            do {
                try Folder.make(store.mergedFolder.path)
                try SafetensorsWriter.write(
                    made.tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) },
                    integers: made.integers.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) },
                    metadata: ["format": "dreamsim-network", "version": Self.version, "source": digest],
                    statesDigest: true, to: url)
                // From the file, so that this process too holds mapped pages and not a copy.
                weights = try Self.kept(url, digest: digest, checkedBy: nil)
                return
            } catch {
                report(.note("the arranged weights could not be kept, so that the next start will be slow: \(error)"))
            }
        }
        weights = made
    }

    private static func kept(_ url: URL, digest: String, checkedBy store: ModelStore?) throws -> WeightSet {
        let checkpoint = try Checkpoint(contentsOf: url)
        guard
            checkpoint.metadata["format"] == "dreamsim-network", checkpoint.metadata["version"] == version,
            checkpoint.metadata["source"] == digest
        else { throw DreamSimError(.badMergedFile, url.path, "was made from other weights or by another version") }
        try store?.confirmData(ofSafetensors: url, stated: checkpoint.metadata[SafetensorsWriter.digestKey])
        var (tensors, integers): ([String: Tensor], [String: IntegerTensor]) = ([:], [:])
        for name in checkpoint.names {
            if let rounded = checkpoint[name]?.integers {
                integers[name] = rounded
            } else {
                tensors[name] = try checkpoint.tensor(name)
            }
        }
        return WeightSet(origin: url.path, tensors: tensors, integers: integers)
    }
}

extension Precision {
    /// What the names of files that are kept say of it.
    var suffix: String { self == .float32 ? "" : "-" + rawValue }
}

extension WeightNeeds {
    /// Where each file is, after fetching what is missing where that is allowed.
    ///
    /// Not inlined: the optimizer of Swift 6.3 crashes on callers that hold it.
    @inline(never)
    func located(
        in store: ModelStore, fetching report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws -> [URL] {
        if let urls = try? located(in: store) { return urls }
        try await fetch(store, report: report)
        return try located(in: store)
    }
}

/// SHA-256, in hexadecimal, over the digests of files.
func digest(of digests: [String]) -> String {
    SHA256Digest.hex(of: digests.joined(separator: "\n").utf8)
}

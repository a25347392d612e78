import DreamSimCheckpoints
import DreamSimNetworks
import Foundation

/// Finds the files of a model's weights on this machine.
struct WeightResolver {
    let description: ModelDescription
    let store: ModelStore

    /// The files of a model, all of which are there.
    struct Files {
        /// For each part its file, and the names' prefix in it; of an index the file that it is, not its parts.
        var parts: [(file: ModelDescription.File, url: URL)]
        /// The adapter's folder and its files.
        var adapter: (folder: URL, files: [String: URL])?
    }

    /// Where every needed file is.
    /// - Throws: `DreamSimError` with `.weightsMissing`, naming each file that is not there.
    func resolve() throws(DreamSimError) -> Files {
        var missing: [String] = []
        var parts: [(file: ModelDescription.File, url: URL)] = []
        for part in description.parts {
            if let found = part.files.lazy.compactMap({ file in locate(file.path).map { (file, $0) } }).first {
                parts.append(found)
            } else {
                missing.append(part.files.map(\.path).joined(separator: " or "))
            }
            missing += part.files.flatMap { $0.shards ?? [] }.filter { locate($0) == nil }
        }
        var adapter: (folder: URL, files: [String: URL])?
        if let folder = description.adapter {
            let configuration = folder + "/" + LoRAAdapter.configurationFile
            let weights = LoRAAdapter.weightFiles.map { folder + "/" + $0 }
            let found = weights.lazy.compactMap { path in locate(path).map { (path, $0) } }.first
            if let url = locate(configuration), let found {
                adapter = (url.deletingLastPathComponent(), [configuration: url, found.0: found.1])
            } else {
                if locate(configuration) == nil { missing.append(configuration) }
                if found == nil { missing.append(weights.joined(separator: " or ")) }
            }
        }
        guard missing.isEmpty else {
            throw DreamSimError(.weightsMissing, description.name, "not found: \(missing.joined(separator: ", "))")
        }
        return Files(parts: parts, adapter: adapter)
    }

    private func locate(_ path: String) -> URL? { WeightNeeds.locate(path, in: store) }
}

extension WeightResolver.Files {
    /// The digest of every file, by its path in the weights folder.
    /// - Parameter note: is told of files that are not the published ones.
    /// - Throws: `DreamSimError` with `.badWeights` when one is damaged.
    func digests(
        _ store: ModelStore, from sources: [WeightSource], note: (String) -> Void
    ) throws -> [String: String] {
        var digests: [String: String] = [:]
        let shards = parts.flatMap { $0.file.shards ?? [] }.compactMap { path in
            WeightNeeds.locate(path, in: store).map { (path, $0) }
        }
        let all = parts.map { ($0.file.path, $0.url) } + shards + (adapter?.files ?? [:]).map { ($0.key, $0.value) }
        for (path, url) in all { digests[path] = try store.confirmedDigest(of: url, from: sources, note: note) }
        return digests
    }

    /// Reads the weights and merges the adapter into them.
    func load(_ description: ModelDescription) throws -> [WeightSet] {
        let adapter = try adapter.map { try LoRAAdapter(folder: $0.folder) }
        if let adapter, let surplus = adapter.updates.keys.filter({ !parts.indices.contains($0) }).min() {
            throw DreamSimError(
                .badAdapter, adapter.folder.path, key: "extractor_list.\(surplus)",
                "has updates for backbone \(surplus), but \(description.name) has \(parts.count); "
                    + "it was made for another model")
        }
        return try zip(description.parts, parts).enumerated().map { index, pair in
            let (part, found) = pair
            let weights = try part.weights(Checkpoint(contentsOf: found.url), prefix: found.file.prefix)
            return try adapter?.merged(into: weights, backbone: index) ?? weights
        }
    }
}

extension ModelDescription {
    /// SHA-256 over the digests of all files and over the architecture, so that any change to one of them shows.
    func weightsHash(digests: [String: String]) throws -> String {
        struct Identity: Encodable {
            let parts: [Part]
            let digests: [String]
        }
        // The paths are left out: the same weights have the same hash wherever they lie.
        let bare = parts.map { Part(name: $0.name, extractor: $0.extractor, files: [], shares: $0.shares) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let identity = try encoder.encode(Identity(parts: bare, digests: digests.values.sorted()))
        return SHA256Digest.hex(of: identity)
    }
}

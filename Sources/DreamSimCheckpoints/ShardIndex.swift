package import Foundation

/// Which of several files holds which tensor: `model.safetensors.index.json`, as Hugging Face's transformers write it beside
/// the parts of a large model.
package struct ShardIndex: Sendable {
    /// What names of such files end in.
    package static let suffix = ".safetensors.index.json"

    /// The parts' names, in their order; they lie beside the index.
    package let files: [String]
    /// The file of each tensor.
    let places: [String: String]

    /// Reads an index.
    /// - Throws: `DreamSimError` with `.malformed` when it is none or names a file elsewhere, `.unreadable`.
    package init(contentsOf url: URL) throws(DreamSimError) {
        struct Contents: Decodable {
            let places: [String: String]
            private enum CodingKeys: String, CodingKey { case places = "weight_map" }
        }
        let contents: Contents
        do {
            contents = try JSONDecoder().decode(Contents.self, from: RegularFile.read(url, byteLimit: 64 << 20))
        } catch {
            throw DreamSimError(.malformed, url.path, "is no index of a model's parts: \(error.plainReason)")
        }
        for (name, file) in contents.places where file.contains("/") || file.hasPrefix(".") || file.isEmpty {
            throw DreamSimError(.malformed, url.path, key: name, "lies in '\(file)', which is no file beside the index")
        }
        places = contents.places
        files = Set(places.values).sorted()
        guard !files.isEmpty else { throw DreamSimError(.malformed, url.path, "names no part") }
    }
}

extension Checkpoint {
    /// Opens the parts of a model by their index.
    init(shards url: URL, limits: Limits) throws(DreamSimError) {
        let index = try ShardIndex(contentsOf: url)
        let folder = url.deletingLastPathComponent()
        var (names, tensors): ([String], [String: StoredTensor]) = ([], [:])
        for file in index.files {
            let part = try Checkpoint(contentsOf: folder.appending(path: file), limits: limits)
            for name in part.names where index.places[name] == file {
                names.append(name)
                tensors[name] = part[name]
            }
        }
        if let lost = index.places.keys.filter({ tensors[$0] == nil }).min() {
            throw DreamSimError(
                .malformed, url.path, key: lost, "is not in '\(index.places[lost] ?? "")', where the index has it")
        }
        self.init(url: url, format: .safetensors, names: names, tensors: tensors)
    }
}

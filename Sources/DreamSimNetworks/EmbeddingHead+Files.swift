import DreamSimCheckpoints
package import Foundation

extension EmbeddingHead {
    /// What a head's file says of its making.
    package struct Origin: Sendable, Hashable {
        /// The model on whose embeddings the head was trained.
        package let model: String
        /// That model's weights, as its stamp has them.
        package let weights: String

        /// Says what a head was made on.
        package init(model: String, weights: String) {
            (self.model, self.weights) = (model, weights)
        }
    }

    private enum Key {
        static let format = "format"
        static let version = "version"
        static let model = "model"
        static let weights = "weights"
        static let hiddenWidth = "hidden"
    }

    private static let format = "dreamsim-head"
    private static let version = "1"

    /// Writes the head as a safetensors file of float32, which appears whole or not at all.
    /// - Parameters:
    ///   - url: replaced when it exists.
    ///   - origin: what it was trained on.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func write(to url: URL, origin: Origin) throws(DreamSimError) {
        try SafetensorsWriter.write(
            tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) },
            metadata: [
                Key.format: Self.format, Key.version: Self.version, Key.model: origin.model,
                Key.weights: origin.weights, Key.hiddenWidth: "\(hiddenWidth)",
            ], to: url)
    }

    /// Reads a head that `write` wrote, or one of the reference: `fc1` and `fc2`, alone or under a prefix such as `mlp.`.
    /// - Returns: the head and, where the file says it, what it was trained on.
    /// - Throws: `DreamSimError` with `.badHead` when the file is another thing, or as `init(_:origin:)`; `DreamSimError`
    ///   when it cannot be read.
    package static func read(_ url: URL) throws -> (head: EmbeddingHead, origin: Origin?) {
        let checkpoint = try Checkpoint(contentsOf: url)
        func fault(_ reason: String) -> DreamSimError { DreamSimError(.badHead, url.path, reason) }
        switch checkpoint.metadata[Key.format] {
        case "dreamsim-merged": throw fault("is a whole model, not a head; give it as the model")
        case "dreamsim-training": throw fault("is the checkpoint of a run; its head is in best.safetensors beside it")
        case format:
            let found = checkpoint.metadata[Key.version] ?? "absent"
            guard found == version else {
                throw fault("has version \(found), this program reads \(version); train the head again")
            }
        default: break
        }
        let prefixes = checkpoint.names.filter { $0.hasSuffix(Name.weight1) }.map { $0.dropLast(Name.weight1.count) }
        guard prefixes.count <= 1 else {
            throw fault("holds \(prefixes.count) layers fc1, such as '\(prefixes[0])fc1'; a head has one")
        }
        let prefix = String(prefixes.first ?? "")
        var tensors: [String: Tensor] = [:]
        for name in checkpoint.names where name.hasPrefix(prefix) {
            tensors[String(name.dropFirst(prefix.count))] = try checkpoint.tensor(name)
        }
        var origin: Origin?
        if let model = checkpoint.metadata[Key.model], let weights = checkpoint.metadata[Key.weights] {
            origin = Origin(model: model, weights: weights)
        }
        return (try EmbeddingHead(tensors, origin: url.path), origin)
    }
}

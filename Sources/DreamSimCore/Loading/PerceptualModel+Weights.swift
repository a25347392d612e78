import DreamSimNetworks
package import Foundation

/// The weights of a model whose parts are all transformers, to be changed and kept.
extension PerceptualModel {
    /// Every transformer's weights, named by its index and the canonical name: `0.blocks.0.norm1.weight`.
    package var transformerWeights: [String: Tensor] { Self.named(networks.map(\.weights)) }

    /// What belongs to several networks under the names of `transformerWeights`.
    package static func named(_ tensors: [[String: Tensor]]) -> [String: Tensor] {
        var named: [String: Tensor] = [:]
        for (index, tensors) in tensors.enumerated() {
            for (name, tensor) in tensors { named["\(index).\(name)"] = tensor }
        }
        return named
    }

    /// The same model with other weights, for as long as they are learnt: its stamp is still the first model's.
    /// - Parameter weights: as `transformerWeights`.
    package func replacing(_ weights: [String: Tensor]) -> PerceptualModel {
        replacing(weights, description, weightsHash: stamp.weights)
    }

    /// The same model with other weights, as one of its own.
    /// - Parameter weights: as `transformerWeights`.
    package func tuned(_ weights: [String: Tensor]) -> PerceptualModel {
        var hash = SHA256Digest()
        func update(_ text: String) { Array(text.utf8).withUnsafeBytes { hash.update($0) } }
        update(stamp.weights)
        for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) {
            update("\n\(name)\n")
            tensor.withUnsafeBufferPointer { hash.update(UnsafeRawBufferPointer($0)) }
        }
        let suffix = "+full"
        let name = description.name.hasSuffix(suffix) ? description.name : description.name + suffix
        return replacing(
            weights,
            ModelDescription(
                name: name, summary: description.summary, parts: description.parts, sources: [],
                license: description.license), weightsHash: hash.hex())
    }

    private func replacing(
        _ weights: [String: Tensor], _ description: ModelDescription, weightsHash: String
    ) -> PerceptualModel {
        precondition(networks.count == parts.count, "parts of \(description.name) that are not transformers")
        do {
            let sets = Self.sets(weights, count: networks.count, origin: description.name)
            return try PerceptualModel(
                description, parts: zip(description.parts, sets).map { try PartNetwork($0, weights: $1) },
                weightsHash: weightsHash, preprocessing: preprocessing, isNormalized: stamp.isNormalized)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Writes the model as one merged file, which `load` takes by its path. Weights keep their canonical names and shapes
    /// there, so that other programs can read them.
    /// - Parameter url: an existing file is replaced only when the new one is complete.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func write(to url: URL) throws {
        let header = MergedModel.Header(
            name: description.name, summary: description.summary, license: description.license,
            parts: description.parts, weights: stamp.weights, precision: nil, calibration: nil, sources: [:])
        try MergedModel.write(
            header, weights: Self.sets(transformerWeights, count: networks.count, origin: description.name), to: url,
            isArranged: false)
    }

    private static func sets(_ weights: [String: Tensor], count: Int, origin: String) -> [WeightSet] {
        (0..<count).map { index in
            let prefix = "\(index)."
            let own = weights.filter { $0.key.hasPrefix(prefix) }
                .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
            return WeightSet(origin: origin, tensors: Dictionary(uniqueKeysWithValues: own))
        }
    }
}

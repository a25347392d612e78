import DreamSimCheckpoints
import DreamSimNetworks
import Foundation

/// A folder with a transformer as Hugging Face's transformers and timm keep it: `config.json`, `model.safetensors` or its
/// parts with `model.safetensors.index.json`, and perhaps `preprocessor_config.json`.
struct PretrainedFolder {
    static let configurationFile = "config.json"
    static let preprocessorFile = "preprocessor_config.json"
    /// The files of weights, in the order in which they are looked for.
    static let weightFiles = [
        "model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors", "pytorch_model.bin",
    ]

    /// The name that the model gets.
    let name: String
    /// Where a file of the folder is; nil when it is not there.
    let locate: (String) -> URL?
    /// What a file is called in a model's description.
    let path: (String) -> String

    /// A folder of the user's own.
    init(_ folder: URL) {
        let folder = folder.absoluteURL.standardizedFileURL
        name = folder.lastPathComponent
        locate = { file in
            let url = folder.appending(path: file)
            return FileManager.default.fileExists(atPath: url.path) ? url : nil
        }
        path = { folder.appending(path: $0).path }
    }

    init(name: String, path: @escaping (String) -> String, locate: @escaping (String) -> URL?) {
        (self.name, self.path, self.locate) = (name, path, locate)
    }

    /// The model: what its authors read of it.
    /// - Parameter offered: the files of weights that can be had.
    /// - Throws: `DreamSimError` with `.badConfiguration` when it is of no known family, `.weightsMissing` without a
    ///   configuration or weights.
    func description(
        offered: [String], sources: [WeightSource] = [], license: String = "not stated"
    ) throws(DreamSimError) -> ModelDescription {
        guard let configuration = locate(Self.configurationFile) else {
            throw DreamSimError(
                .weightsMissing, path(Self.configurationFile), "is not there; it says what the weights are")
        }
        guard let weights = Self.weightFiles.first(where: offered.contains) else {
            throw DreamSimError(
                .weightsMissing, name,
                "has no weights that are known by name: \(Self.weightFiles.joined(separator: ", "))")
        }
        var preprocessor: PretrainedConfiguration?
        if let url = locate(Self.preprocessorFile) { preprocessor = try PretrainedConfiguration(contentsOf: url) }
        let network = try PretrainedConfiguration(contentsOf: configuration).network(preprocessor: preprocessor)
        var shards: [String]?
        if weights.hasSuffix(ShardIndex.suffix), let index = locate(weights) {
            let files = try ShardIndex(contentsOf: index).files
            if let lost = files.first(where: { !offered.contains($0) }) {
                throw DreamSimError(
                    .weightsMissing, path(weights), "names '\(lost)', which is not there; put it beside the index")
            }
            shards = files.map(path)
        }
        let side = network.positionGrid * network.patchSize
        return ModelDescription(
            name: name, summary: "untuned, read from \(Self.configurationFile)",
            parts: [
                ModelDescription.Part(
                    name: name, configuration: network,
                    feature: Feature(network.projectionWidth == nil ? .pooled : .embedding),
                    files: [ModelDescription.File(path(weights), shards: shards)])
            ], sources: sources, license: license,
            remarks: network.hasPositionEmbedding && side != Preprocessing.standard.side
                ? ["trained at \(side) x \(side) pixels; positions are interpolated for any other side"] : [])
    }
}

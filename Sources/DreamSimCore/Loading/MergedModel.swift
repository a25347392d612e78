import DreamSimCheckpoints
import DreamSimNetworks
import Foundation

/// A whole model in one file: every backbone's weights under canonical names with the adapter merged in, as safetensors,
/// and what it was made from in the metadata. It is mapped, not parsed, so that a model is ready at once.
///
/// Tensors are named `0.blocks.0.norm1.weight`: the part's index, then the canonical name. Weights of linear layers are
/// arranged as the products read them and end in `.panels`, with `.scales` beside those that are rounded to integers; in a
/// file that is also for other programs they are as they are.
struct MergedModel {
    /// The layout's version; a file of another is made anew, or refused when it was given by name.
    static let version = "3"
    static let fileExtension = "dreamsim.safetensors"

    /// What a merged file says of itself.
    struct Header: Codable, Hashable {
        var name: String
        var summary: String
        var license: String
        var parts: [ModelDescription.Part]
        /// SHA-256 over the sources and the architecture: see `PerceptualModel.weightsHash`.
        var weights: String
        /// What linear layers compute with; nil for float32.
        var precision: Precision?
        /// SHA-256 of what int8 was calibrated with; nil without.
        var calibration: String?
        /// The digest of every file the model was made from, by its path in the weights folder.
        var sources: [String: String]
    }

    let header: Header
    let weights: [WeightSet]

    /// Joins weights with what they are.
    init(header: Header, weights: [WeightSet]) {
        (self.header, self.weights) = (header, weights)
    }

    private enum Key {
        static let format = "format"
        static let version = "version"
        static let header = "model"
    }

    /// Writes a merged file; it appears whole or not at all.
    /// - Parameter isArranged: whether the weights of linear layers are arranged as the products read them.
    static func write(_ header: Header, weights: [WeightSet], to url: URL, isArranged: Bool = true) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(header), as: UTF8.self)
        let sets = zip(header.parts, weights).map { part, set in
            isArranged ? part.packed(set, in: header.precision ?? .float32) : set
        }
        func entries<Values>(_ values: (WeightSet) -> [String: Values]) -> [(name: String, tensor: Values)] {
            sets.enumerated().flatMap { index, set in
                values(set).sorted { $0.key < $1.key }.map { (name: "\(index).\($0.key)", tensor: $0.value) }
            }
        }
        try SafetensorsWriter.write(
            entries(\.tensors), integers: entries(\.integers),
            metadata: [Key.format: "dreamsim-merged", Key.version: version, Key.header: json], statesDigest: true,
            to: url)
    }

    /// Opens a merged file.
    /// - Parameter store: checks that its numbers are those that were written; nil where they were written just now.
    /// - Throws: `DreamSimError` with `.badMergedFile` when it is none or of another version, `.badWeights` when its numbers
    ///   have changed; `DreamSimError` when it is not sound.
    init(contentsOf url: URL, checkedBy store: ModelStore?) throws {
        let checkpoint = try Checkpoint(contentsOf: url)
        try store?.confirmData(ofSafetensors: url, stated: checkpoint.metadata[SafetensorsWriter.digestKey])
        func fault(_ reason: String) -> DreamSimError { DreamSimError(.badMergedFile, url.path, reason) }
        guard checkpoint.metadata[Key.format] != "dreamsim-head" else {
            throw fault("is a head, not a whole model; give it as the head of the model that it was trained on")
        }
        guard checkpoint.metadata[Key.format] == "dreamsim-merged" else {
            throw fault(
                "is a file of weights, but not a merged model; describe it with a JSON file or convert it to one")
        }
        let found = checkpoint.metadata[Key.version] ?? "absent"
        guard found == Self.version else {
            throw fault("has version \(found), this program reads \(Self.version); convert the model again")
        }
        do {
            header = try JSONDecoder().decode(
                Header.self, from: Data((checkpoint.metadata[Key.header] ?? "").utf8))
        } catch {
            throw fault("says nothing understandable of the model it holds: \(error)")
        }
        var sets = [[String: Tensor]](repeating: [:], count: header.parts.count)
        var integers = [[String: IntegerTensor]](repeating: [:], count: header.parts.count)
        for name in checkpoint.names {
            let pieces = name.split(separator: ".", maxSplits: 1)
            guard pieces.count == 2, let index = Int(pieces[0]), sets.indices.contains(index) else {
                throw fault("holds '\(name)', which belongs to none of its \(sets.count) parts")
            }
            if WeightSet.isPacked(name), let rounded = checkpoint[name]?.integers {
                guard rounded.precision == header.precision else {
                    throw fault(
                        "says that it computes in \((header.precision ?? .float32).rawValue), and holds '\(name)' in "
                            + "\(rounded.precision.rawValue); convert the model again")
                }
                integers[index][String(pieces[1])] = rounded
            } else {
                sets[index][String(pieces[1])] = try checkpoint.tensor(name)
            }
        }
        weights = zip(sets, integers).map { WeightSet(origin: url.path, tensors: $0, integers: $1) }
    }
}

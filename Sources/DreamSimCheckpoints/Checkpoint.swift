package import DreamSimTensors
package import Foundation

/// A file of weights: its tensors' names, types and shapes; the weights are read later.
package struct Checkpoint: Sendable {
    /// The layouts that are understood.
    package enum Format: String, Hashable, Sendable {
        /// Hugging Face safetensors.
        case safetensors
        /// A zip file by `torch.save`, PyTorch 1.6 and later.
        case torchZip
        /// Pickles followed by storages, by `torch.save` before PyTorch 1.6.
        case torchLegacy
        /// One array by `numpy.save`.
        case numpyArray
        /// A zip file of arrays by `numpy.savez`.
        case numpyArchive
        /// A plain pickle of nested dictionaries of numpy arrays.
        case pickledArrays
        /// An ONNX model; its initializers are the tensors.
        case onnx
    }

    /// The file.
    package let url: URL
    /// The layout, as found from the content.
    package let format: Format
    /// Free texts: `__metadata__` of safetensors; producer, operator sets and properties of ONNX.
    package let metadata: [String: String]
    /// The scalars of pickled dictionaries, flattened like the names of tensors.
    package let attributes: [String: AttributeValue]
    /// What was noticed and is no error, such as values that were passed over.
    package let warnings: [String]
    /// The names of the tensors in file order. A file of one unnamed tensor calls it `array`.
    package let names: [String]

    private let tensors: [String: StoredTensor]

    /// Opens a file and reads its description; the weights stay where they are until they are asked for.
    ///
    /// The format is found from the content; the file's extension plays no part, but for the index of a model that is
    /// divided into parts (`.safetensors.index.json`), which lie beside it. Pickles are interpreted as data: no
    /// code of the file runs, and a pickle that asks for anything but tensors and plain values is refused.
    /// - Parameters:
    ///   - url: a regular file.
    ///   - limits: caps on what the file may ask for.
    /// - Throws: `.unreadable`, `.malformed`, `.refused`, `.limitExceeded` or `.unsupported`, with the file, the key or
    ///   the offset, and what to do.
    /// - Complexity: in proportion to the description (names and shapes), not to the weights.
    package init(contentsOf url: URL, limits: Limits = .standard) throws(DreamSimError) {
        if url.lastPathComponent.hasSuffix(ShardIndex.suffix) {
            self = try Self(shards: url, limits: limits)
            return
        }
        let file = try MappedFile(url)
        let (format, contents) = try FormatReader.read(file, limits: limits)
        self.url = url
        self.format = format
        self.metadata = contents.metadata
        self.attributes = contents.attributes
        self.warnings = contents.warnings
        var tensors: [String: StoredTensor] = [:]
        tensors.reserveCapacity(contents.tensors.count)
        for tensor in contents.tensors where tensors.updateValue(tensor, forKey: tensor.name) != nil {
            throw DreamSimError(.malformed, url.path, key: tensor.name, "two tensors have this name")
        }
        self.names = contents.tensors.map(\.name)
        self.tensors = tensors
    }

    /// Joins what was read of several files.
    init(url: URL, format: Format, names: [String], tensors: [String: StoredTensor]) {
        (self.url, self.format, self.names, self.tensors) = (url, format, names, tensors)
        (metadata, attributes, warnings) = ([:], [:], [])
    }

    /// The tensor of that name, not yet read; nil when there is none.
    package subscript(name: String) -> StoredTensor? { tensors[name] }

    /// Reads the tensor of that name as float32, row-major.
    /// - Throws: `.missing`, naming the nearest names there are, and what `StoredTensor.load()` throws.
    package func tensor(_ name: String) throws(DreamSimError) -> Tensor {
        guard let stored = tensors[name] else {
            let near = NearMatches.of(name, among: names)
            let hint = near.isEmpty ? "" : "; near it are " + near.map { "'\($0)'" }.joined(separator: ", ")
            throw DreamSimError(
                .missing, url.path, key: name, "no such tensor among the \(names.count) of the file\(hint)")
        }
        return try stored.load()
    }

    /// The names of tensors that hold a NaN or an infinity, which is worth a warning and no error here.
    /// - Complexity: reads every floating-point tensor of the file.
    package func nonFiniteTensors() throws(DreamSimError) -> [String] {
        var result: [String] = []
        for name in names {
            guard let stored = tensors[name], stored.elementType.isFloatingPoint else { continue }
            if try !stored.load().isFinite { result.append(name) }
        }
        return result
    }
}

/// What a reader of one format found.
struct CheckpointContents {
    var tensors: [StoredTensor] = []
    var metadata: [String: String] = [:]
    var attributes: [String: AttributeValue] = [:]
    var warnings: [String] = []
}

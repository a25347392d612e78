import DreamSimTensors

/// Reads the weights of an ONNX model.
///
/// Linear weights are exposed as `X.weight`, [out, in], wherever the graph adds a bias `X.bias` to their product;
/// everything else keeps the name it has in the file.
enum ONNXReader {
    /// True when the file starts like a ModelProto: a small `ir_version`, then another field of a model.
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let nextTags: [UInt8] = [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72]
        return bytes.count > 2 && bytes[0] == 0x08 && (1...64).contains(bytes[1]) && nextTags.contains(bytes[2])
    }

    static func read(_ file: MappedFile, limits: Checkpoint.Limits) throws(DreamSimError) -> CheckpointContents {
        var parser = ONNXParser(file, limits: limits)
        try parser.parse()
        let model = parser.model
        var contents = CheckpointContents()
        contents.metadata = model.metadata
        let (sources, skipped) = namedTensors(model)
        if let first = skipped.first {
            contents.warnings.append(
                "passed over \(skipped.count) tensors of types that are not read, such as '\(first)'")
        }
        var ranks: [String: Int] = [:]
        for source in sources { ranks[source.name] = source.layout.shape.rank }
        let names = ONNXWeightNames(model.nodes, ranks: ranks)
        var byName: [String: Named] = [:]
        var used: Set<String> = []
        // A mapped initializer has no more elements than the file has bytes, so this sum cannot overflow.
        var budget = ElementBudget(stored: sources.reduce(0) { $0 + $1.layout.shape.count }, limits: limits)
        func add(_ name: String, _ tensor: Named, transposed: Bool) throws(DreamSimError) {
            guard used.insert(name).inserted else { return }
            try budget.take(tensor.layout.shape.count, name: name, path: file.url.path)
            let layout = transposed ? Self.transposed(tensor.layout) : tensor.layout
            contents.tensors.append(
                StoredTensor(name: name, layout: layout, source: tensor.source, path: file.url.path))
        }
        for tensor in sources {
            guard byName.updateValue(tensor, forKey: tensor.name) == nil else {
                throw DreamSimError(
                    .malformed, file.url.path, key: tensor.name, "two tensors of the graph have this name")
            }
            let exposures = names.exposures[tensor.name] ?? []
            if exposures.isEmpty { try add(tensor.name, tensor, transposed: false) }
            for exposure in exposures { try add(exposure.name, tensor, transposed: exposure.isTransposed) }
        }
        for alias in names.aliases {
            if let tensor = byName[alias.target] { try add(alias.name, tensor, transposed: false) }
        }
        guard contents.tensors.count <= limits.tensorCount else {
            throw DreamSimError(.limitExceeded, file.url.path, "more than \(limits.tensorCount) tensors")
        }
        return contents
    }

    private struct Named {
        let name: String
        let layout: TensorLayout
        let source: ByteSource
    }

    /// The initializers, then the constants under their outputs' names.
    private static func namedTensors(_ model: ONNXModel) -> (tensors: [Named], skipped: [String]) {
        var tensors: [Named] = []
        var skipped: [String] = []
        func add(_ name: String, _ tensor: ONNXTensor) {
            if let layout = tensor.layout, let source = tensor.source {
                tensors.append(Named(name: name, layout: layout, source: source))
            } else {
                skipped.append(name)
            }
        }
        for initializer in model.initializers { add(initializer.name, initializer) }
        for node in model.nodes where node.operation == "Constant" {
            if let value = node.value, let name = node.outputs.first, !name.isEmpty { add(name, value) }
        }
        return (tensors, skipped)
    }

    /// The same bytes seen as [columns, rows].
    private static func transposed(_ layout: TensorLayout) -> TensorLayout {
        let rows = layout.shape[0]
        let columns = layout.shape[1]
        return TensorLayout(
            layout.elementType, Shape([columns, rows]), strides: [1, columns], byteOffset: layout.byteOffset,
            isBigEndian: layout.isBigEndian)
    }
}

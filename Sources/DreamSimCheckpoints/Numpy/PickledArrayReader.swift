/// Reads a plain pickle of nested dictionaries of numpy arrays.
enum PickledArrayReader {
    static func read(
        _ root: PickleValue, _ interpreter: PickleInterpreter, _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> CheckpointContents {
        let path = file.url.path
        guard interpreter.cursor.isAtEnd else {
            throw interpreter.cursor.fault(.malformed, "bytes follow the end of the pickle")
        }
        guard interpreter.heap.storages.isEmpty else {
            throw DreamSimError(
                .malformed, path, "the pickle names torch storages, but no storages follow it")
        }
        let heap = interpreter.heap
        let source = ByteSource.mapped(file, 0..<file.bytes.count)
        var flattener = PickleFlattener(heap, limits: limits, path: path) { (name, value) throws(DreamSimError) in
            tensor(name, value, heap, source, path: path)
        }
        try flattener.flatten(root)
        return flattener.contents
    }

    /// The tensor of a numpy array; nil for an array that was announced and never given.
    /// - Parameter source: the bytes of the pickle.
    static func tensor(
        _ name: String, _ value: PickleValue, _ heap: PickleHeap, _ source: ByteSource, path: String
    ) -> StoredTensor? {
        guard case .array(let index) = value, let content = heap.arrays[index].content else { return nil }
        let bytes: ByteSource =
            switch content.bytes {
            case .window(let range): source.part(range)
            case .decoded(let shared): .memory(shared)
            }
        return StoredTensor(name: name, layout: content.layout, source: bytes, path: path)
    }
}

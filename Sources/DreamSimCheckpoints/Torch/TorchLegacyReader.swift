import Foundation

/// Reads what starts with a pickle: torch's layout before 1.6 (five pickles, then the storages), or a plain pickle of
/// numpy arrays. Which of the two it is shows in the first pickle.
enum TorchLegacyReader {
    /// The value of the first pickle of torch's layout.
    static let magic: Int128 = 0x1950_A86A_20F9_469C_FC6C
    private static let protocolVersion = 1001

    static func readPickles(
        _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> (Checkpoint.Format, CheckpointContents) {
        let path = file.url.path
        var interpreter = PickleInterpreter(ByteCursor(file.bytes, path: path), limits: limits)
        let first = try interpreter.run()
        switch first {
        case .wide(magic): return (.torchLegacy, try read(file, &interpreter, limits: limits))
        case .wide, .integer:
            throw DreamSimError(
                .malformed, path, offset: 0,
                "wrong magic number: the file starts like a legacy torch checkpoint but is not one, or was damaged")
        default: return (.pickledArrays, try PickledArrayReader.read(first, interpreter, file, limits: limits))
        }
    }

    private static func read(
        _ file: MappedFile, _ interpreter: inout PickleInterpreter, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> CheckpointContents {
        let path = file.url.path
        guard case .integer(protocolVersion) = try interpreter.run() else {
            throw interpreter.cursor.fault(.unsupported, "this layout's version is not \(protocolVersion)")
        }
        // The system's description says the byte order of the machine; torch writes storages little-endian on all.
        _ = try interpreter.run()
        let root = try interpreter.run()
        let keyList = try interpreter.run()
        guard case .list(let index) = keyList else {
            throw interpreter.cursor.fault(.malformed, "the list of storages is \(keyList.kindName)")
        }
        let heap = interpreter.heap
        var cursor = interpreter.cursor
        var sources = [ByteSource?](repeating: nil, count: heap.storages.count)
        for key in heap.lists[index] {
            guard case .string(let name) = key, let place = heap.storageIndex[name] else {
                throw cursor.fault(.malformed, "the list of storages holds one that no tensor uses")
            }
            guard sources[place] == nil else { throw cursor.fault(.malformed, "storage '\(name)' is listed twice") }
            sources[place] = try record(heap.storages[place], &cursor, file)
        }
        for (storage, source) in zip(heap.storages, sources) where source == nil {
            throw DreamSimError(.malformed, path, key: storage.key, "the file lacks this storage")
        }
        let whole = ByteSource.mapped(file, 0..<file.bytes.count)
        var flattener = PickleFlattener(heap, limits: limits, path: path) { (name, value) throws(DreamSimError) in
            guard case .tensor(let index) = value else {
                return PickledArrayReader.tensor(name, value, heap, whole, path: path)
            }
            let tensor = heap.tensors[index]
            return sources[tensor.storage].map {
                StoredTensor(name: name, layout: tensor.layout, source: $0, path: path)
            }
        }
        try flattener.flatten(root)
        var contents = flattener.contents
        if !cursor.isAtEnd { contents.warnings.append("\(cursor.remaining) bytes follow the last storage") }
        return contents
    }

    /// One storage: its number of elements as a 64-bit integer, then the elements.
    private static func record(
        _ storage: PickledStorage, _ cursor: inout ByteCursor, _ file: MappedFile
    ) throws(DreamSimError) -> ByteSource {
        let start = cursor.position
        let count = try cursor.integer(Int64.self, "the length of storage '\(storage.key)'")
        guard Int(count) == storage.count else {
            throw cursor.fault(
                .malformed, at: start,
                "storage '\(storage.key)' has \(count) elements; the pickle says \(storage.count)")
        }
        let size = storage.count * storage.elementType.byteCount
        return .mapped(file, try cursor.take(size, "storage '\(storage.key)'"))
    }
}

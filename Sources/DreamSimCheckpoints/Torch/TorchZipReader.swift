import Foundation

/// Reads what `torch.save` writes since PyTorch 1.6: a zip file with a pickle and one member for each storage.
enum TorchZipReader {
    static func read(
        _ archive: ZipArchive, file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> CheckpointContents {
        let path = file.url.path
        let folder = try folder(of: archive, path: path)
        try refuseScripts(archive, folder, path: path)
        guard let pickle = archive.entry(folder + "data.pkl") else {
            throw DreamSimError(.malformed, path, key: folder + "data.pkl", "the archive lacks this member")
        }
        let isBigEndian = try byteOrder(archive, folder, file, limits: limits)
        guard pickle.uncompressedSize <= limits.pickleBytes else {
            throw DreamSimError(
                .limitExceeded, path, key: pickle.path,
                "a pickle of \(pickle.uncompressedSize) bytes; the limit is \(limits.pickleBytes)")
        }
        let source = try source(of: pickle, archive, file, limits: limits)
        let (heap, root) = try source.withBytes { (bytes) throws(DreamSimError) in
            var interpreter = PickleInterpreter(ByteCursor(bytes, path: path, key: pickle.path), limits: limits)
            let root = try interpreter.run()
            guard interpreter.cursor.isAtEnd else {
                throw interpreter.cursor.fault(.malformed, "bytes follow the end of the pickle")
            }
            return (interpreter.heap, root)
        }
        let storages = try storages(heap, archive, folder, file, limits: limits)
        var flattener = PickleFlattener(heap, limits: limits, path: path) { (name, value) throws(DreamSimError) in
            switch value {
            case .tensor(let index):
                let tensor = heap.tensors[index]
                return StoredTensor(
                    name: name, layout: tensor.layout.bigEndian(isBigEndian), source: storages[tensor.storage],
                    path: path)
            default: return PickledArrayReader.tensor(name, value, heap, source, path: path)
            }
        }
        try flattener.flatten(root)
        return flattener.contents
    }

    /// The folder of the first member, with its slash; every member of a checkpoint lies in it.
    private static func folder(of archive: ZipArchive, path: String) throws(DreamSimError) -> String {
        guard let first = archive.entries.first?.path, let slash = first.firstIndex(of: "/") else {
            throw DreamSimError(.malformed, path, "the archive's first member lies in no folder")
        }
        return String(first[...slash])
    }

    private static func refuseScripts(
        _ archive: ZipArchive, _ folder: String, path: String
    ) throws(DreamSimError) {
        let isScript = archive.entries.contains {
            $0.path == folder + "constants.pkl" || $0.path.hasPrefix(folder + "code/")
        }
        guard !isScript else {
            throw DreamSimError(
                .unsupported, path, key: folder,
                "a TorchScript archive, which is a program; in Python, load it with torch.jit.load and save its "
                    + "state_dict with torch.save or as safetensors")
        }
    }

    private static func byteOrder(
        _ archive: ZipArchive, _ folder: String, _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> Bool {
        guard let entry = archive.entry(folder + "byteorder") else { return false }
        let text = try source(of: entry, archive, file, limits: limits)
            .withBytes { String(decoding: $0.prefix(16), as: UTF8.self) }
        switch text.trimmingCharacters(in: .whitespacesAndNewlines) {
        case "little": return false
        case "big": return true
        default:
            throw DreamSimError(
                .malformed, file.url.path, key: entry.path, "byte order '\(text)'; little or big is known")
        }
    }

    /// Finds the member of each storage that the pickle mentions and checks its size.
    private static func storages(
        _ heap: PickleHeap, _ archive: ZipArchive, _ folder: String, _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> [ByteSource] {
        var sources: [ByteSource] = []
        sources.reserveCapacity(heap.storages.count)
        for storage in heap.storages {
            let name = folder + "data/" + storage.key
            guard let entry = archive.entry(name) else {
                throw DreamSimError(
                    .malformed, file.url.path, key: name, "the archive lacks this storage, which data.pkl names")
            }
            let size = storage.count * storage.elementType.byteCount
            guard entry.uncompressedSize == size else {
                throw DreamSimError(
                    .malformed, file.url.path, key: name,
                    "the record has \(entry.uncompressedSize) bytes; \(storage.count) elements of "
                        + "\(storage.elementType.rawValue) need \(size)")
            }
            sources.append(
                entry.method == .stored
                    ? try window(on: entry, archive, file) : .compressed(archive, entry))
        }
        return sources
    }

    /// The bytes of a member that is read at once: a window when stored, inflated when not. Checksums of stored
    /// members are not looked at, since torch can be told not to write them.
    private static func source(
        of entry: ZipArchive.Entry, _ archive: ZipArchive, _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> ByteSource {
        if entry.method == .stored { return try window(on: entry, archive, file) }
        return .memory(SharedBytes(try archive.read(entry, limit: limits.pickleBytes)))
    }

    /// A stored member as a part of the mapped file.
    static func window(
        on entry: ZipArchive.Entry, _ archive: ZipArchive, _ file: MappedFile
    ) throws(DreamSimError) -> ByteSource {
        let bytes = try archive.storedBytes(of: entry)
        guard let base = file.bytes.baseAddress, let first = bytes.baseAddress, !bytes.isEmpty else {
            return .mapped(file, 0..<0)
        }
        let start = first - base
        return .mapped(file, start..<start + bytes.count)
    }
}

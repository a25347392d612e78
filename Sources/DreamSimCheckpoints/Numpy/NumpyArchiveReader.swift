/// Reads `.npz` files: a zip file of `.npy` members, stored or compressed.
enum NumpyArchiveReader {
    static func read(
        _ archive: ZipArchive, file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> CheckpointContents {
        var contents = CheckpointContents()
        for entry in archive.entries where !entry.isDirectory {
            guard entry.path.hasSuffix(".npy") else {
                contents.warnings.append("skipped '\(entry.path)', which is not a .npy member")
                continue
            }
            guard contents.tensors.count < limits.tensorCount else {
                throw DreamSimError(.limitExceeded, file.url.path, "more than \(limits.tensorCount) arrays")
            }
            contents.tensors.append(try tensor(entry, archive, file, limits: limits))
        }
        return contents
    }

    private static func tensor(
        _ entry: ZipArchive.Entry, _ archive: ZipArchive, _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> StoredTensor {
        let path = file.url.path
        let name = String(entry.path.dropLast(".npy".count))
        let source: ByteSource
        let beginning: ByteSource
        if entry.method == .stored {
            source = try TorchZipReader.window(on: entry, archive, file)
            beginning = source
        } else {
            source = .compressed(archive, entry)
            beginning = .memory(SharedBytes(try start(of: entry, archive)))
        }
        let header = try beginning.withBytes { (bytes) throws(DreamSimError) in
            var cursor = ByteCursor(bytes, path: path, key: entry.path)
            return try NumpyHeader(&cursor, limits: limits)
        }
        guard entry.uncompressedSize - header.layout.byteOffset == header.byteCount else {
            throw DreamSimError(
                .malformed, path, key: entry.path,
                "\(entry.uncompressedSize - header.layout.byteOffset) bytes follow the header; "
                    + "the array needs \(header.byteCount)")
        }
        return StoredTensor(name: name, layout: header.layout, source: source, path: path)
    }

    /// Enough of a compressed member for its header.
    private static func start(of entry: ZipArchive.Entry, _ archive: ZipArchive) throws(DreamSimError) -> [UInt8] {
        struct Enough: Error {}
        let wanted = NumpyHeader.maximumLength + 16
        var bytes: [UInt8] = []
        do {
            try archive.stream(entry) { chunk in
                bytes.append(contentsOf: chunk.prefix(wanted - bytes.count))
                if bytes.count >= wanted { throw Enough() }
            }
        } catch let error as DreamSimError {
            throw error
        } catch {}
        return bytes
    }
}

/// Reads `.npy` files: one array.
enum NumpyArrayReader {
    static let magic = NumpyHeader.magic

    static func read(_ file: MappedFile, limits: Checkpoint.Limits) throws(DreamSimError) -> CheckpointContents {
        let source = ByteSource.mapped(file, 0..<file.bytes.count)
        let path = file.url.path
        let tensor = try source.withBytes { (bytes) throws(DreamSimError) in
            var cursor = ByteCursor(bytes, path: path)
            let header = try NumpyHeader(&cursor, limits: limits)
            guard cursor.remaining == header.byteCount else {
                throw cursor.fault(
                    .malformed, "\(cursor.remaining) bytes follow the header; the array needs \(header.byteCount)")
            }
            return StoredTensor(name: "array", layout: header.layout, source: source, path: path)
        }
        var contents = CheckpointContents()
        contents.tensors = [tensor]
        return contents
    }
}

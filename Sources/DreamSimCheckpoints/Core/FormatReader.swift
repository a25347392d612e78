/// Chooses the reader by the first bytes of a file; extensions lie.
enum FormatReader {
    static func read(
        _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> (Checkpoint.Format, CheckpointContents) {
        let path = file.url.path
        let bytes = file.bytes
        guard !bytes.isEmpty else { throw DreamSimError(.malformed, path, "the file is empty; fetch or copy it again") }
        // Any first bytes may be the length of a safetensors header, so that format is looked for first.
        if SafetensorsReader.recognizes(bytes) {
            return (.safetensors, try SafetensorsReader.read(file, limits: limits))
        }
        if starts(bytes, [0x50, 0x4B, 0x03, 0x04]) || starts(bytes, [0x50, 0x4B, 0x05, 0x06]) {
            return try readZip(file, limits: limits)
        }
        if starts(bytes, NumpyArrayReader.magic) {
            return (.numpyArray, try NumpyArrayReader.read(file, limits: limits))
        }
        if bytes[0] == 0x80, bytes.count > 1, (2...5).contains(bytes[1]) {
            return try TorchLegacyReader.readPickles(file, limits: limits)
        }
        if ONNXReader.recognizes(bytes) {
            return (.onnx, try ONNXReader.read(file, limits: limits))
        }
        if let known = knownStranger(bytes) {
            throw DreamSimError(known.kind, path, offset: 0, known.reason)
        }
        return (.safetensors, try SafetensorsReader.read(file, limits: limits))
    }

    private static func readZip(
        _ file: MappedFile, limits: Checkpoint.Limits
    ) throws(DreamSimError) -> (Checkpoint.Format, CheckpointContents) {
        let archive = try ZipArchive(file)
        if archive.entries.contains(where: { $0.path == "data.pkl" || $0.path.hasSuffix("/data.pkl") }) {
            return (.torchZip, try TorchZipReader.read(archive, file: file, limits: limits))
        }
        if archive.entries.contains(where: { $0.path.hasSuffix(".npy") }) {
            return (.numpyArchive, try NumpyArchiveReader.read(archive, file: file, limits: limits))
        }
        throw DreamSimError(
            .unsupported, file.url.path,
            "a zip file that holds neither a torch checkpoint (data.pkl) nor numpy arrays (.npy); "
                + "if it is a release archive, unpack it and give the file of weights inside")
    }

    /// Files that are often met in the place of a checkpoint, each with its own advice.
    private static func knownStranger(
        _ bytes: UnsafeRawBufferPointer
    ) -> (kind: DreamSimError.Kind, reason: String)? {
        if isWebPage(bytes) {
            return (.malformed, "this is a web page, the download failed; fetch the file of weights again")
        }
        if starts(bytes, Array("version https://git-lfs".utf8)) {
            return (.malformed, "this is a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'")
        }
        if starts(bytes, [0x1F, 0x8B]) {
            return (.unsupported, "a gzip file; unpack it first")
        }
        if bytes.count >= 262, String(decoding: bytes[257..<262], as: UTF8.self) == "ustar" {
            return (
                .unsupported,
                "a tar file, the layout of torch before 0.1.10 or an archive to unpack; "
                    + "load such a checkpoint with Python and save its state_dict again"
            )
        }
        if starts(bytes, [0x80]), bytes.count > 1 {
            return (.unsupported, "a pickle of protocol \(bytes[1]); protocols 2 to 5 are read")
        }
        if starts(bytes, Array("\u{89}HDF\r\n".utf8)) || starts(bytes, [0x89, 0x48, 0x44, 0x46]) {
            return (.unsupported, "an HDF5 file; save the weights as safetensors")
        }
        return nil
    }

    private static func isWebPage(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
        let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        return ["<!doctype html", "<html", "<head", "<!--", "<?xml"].contains { start.hasPrefix($0) }
    }

    private static func starts(_ bytes: UnsafeRawBufferPointer, _ prefix: [UInt8]) -> Bool {
        bytes.count >= prefix.count && zip(bytes, prefix).allSatisfy { $0 == $1 }
    }
}

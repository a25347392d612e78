import DreamSimSupport
import TestSupport

@testable import DreamSimCheckpoints

/// Files of weights. Each is read to its last element.
extension Target {
    static let safetensors = Target("safetensors") { bytes in
        try read(safetensorsFile(bytes)) { file, limits in try SafetensorsReader.read(file, limits: limits) }
    }

    static let pickle = Target("pickle") { bytes in
        try read(bytes) { file, limits in try TorchLegacyReader.readPickles(file, limits: limits).1 }
    }

    /// The pickle of a zip file that holds one storage of 64 bytes; the zip file itself is another target's.
    static let torchZip = Target("torch-zip") { bytes in
        let zip = ZipBuilder([
            .init("archive/data.pkl", Array(bytes)), .init("archive/data/0", Array(repeating: 1, count: 64)),
        ])
        try read(zip.build()) { file, limits in
            try TorchZipReader.read(ZipArchive(file), file: file, limits: limits)
        }
    }

    static let numpy = Target("numpy") { bytes in
        try read(bytes) { file, limits in try NumpyArrayReader.read(file, limits: limits) }
    }

    static let onnx = Target("onnx") { bytes in
        try read(bytes) { file, limits in try ONNXReader.read(file, limits: limits) }
    }

    /// Smaller than what users get, so that an execution is short.
    private static let limits = {
        var limits = Checkpoint.Limits.standard
        limits.expandedElements = 1 << 16
        limits.decodedBytes = 1 << 20
        return limits
    }()

    private static func read(
        _ bytes: some Collection<UInt8>,
        by reader: (MappedFile, Checkpoint.Limits) throws -> CheckpointContents
    ) throws {
        try MappedFile.with(bytes) { file in
            for tensor in try reader(file, limits).tensors {
                _ = tensor.half
                if tensor.elementType.byteCount == 1 { _ = try tensor.loadBytes() }
                _ = try tensor.load().isFinite
            }
        }
    }
}

/// A safetensors file: bytes that begin with a brace are a header up to the first NUL, and data, and get the length
/// that mutations would seldom hit.
func safetensorsFile(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    guard bytes.first == UInt8(ascii: "{") else { return Array(bytes) }
    let header = bytes.prefix { $0 != 0 }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
        + bytes.dropFirst(header.count + 1)
}

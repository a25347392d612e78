import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Writes bytes to a temporary file and opens it; the mapping outlives the file's name.
func open(
    _ bytes: [UInt8], name: String = "weights.bin", limits: Checkpoint.Limits = .standard
) throws -> Checkpoint {
    try Fixtures.withTemporaryFolder { folder in
        let url = folder.appending(path: name)
        try Data(bytes).write(to: url)
        return try Checkpoint(contentsOf: url, limits: limits)
    }
}

/// Opens bytes that must be refused, and returns the error.
func failure(
    of bytes: [UInt8], limits: Checkpoint.Limits = .standard, sourceLocation: SourceLocation = #_sourceLocation
) throws -> DreamSimError {
    try #require(throws: DreamSimError.self, sourceLocation: sourceLocation) { try open(bytes, limits: limits) }
}

/// A committed fixture of this target.
func fixture(_ name: String) throws -> Checkpoint {
    try Checkpoint(contentsOf: Fixtures.file("checkpoints/" + name))
}

/// The elements of most fixtures: 0.25 i - 3.
func ramp(_ shape: Shape) -> Tensor {
    Tensor((0..<shape.count).map { 0.25 * Float($0) - 3 }, shape: shape)
}

extension FixedWidthInteger {
    /// The bytes, least significant first.
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}

/// A safetensors file made of a header as it stands and data.
func safetensors(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    let json = Array(header.utf8)
    return (length ?? UInt64(json.count)).littleEndianBytes + json + [UInt8](repeating: 0, count: data)
}

/// Puts pickles together, instruction by instruction.
struct PickleAssembler {
    var bytes: [UInt8] = []

    init(protocol version: UInt8? = 2) {
        if let version { bytes += [0x80, version] }
    }

    static func make(_ body: (inout PickleAssembler) -> Void) -> [UInt8] {
        var pickle = PickleAssembler()
        body(&pickle)
        pickle.raw(".")
        return pickle.bytes
    }

    /// Single-byte instructions, such as `"}("` for an empty dictionary and a mark.
    mutating func raw(_ text: String) { bytes += Array(text.utf8) }
    mutating func raw(_ more: [UInt8]) { bytes += more }
    mutating func global(_ module: String, _ name: String) { raw("c\(module)\n\(name)\n") }
    mutating func string(_ text: String) { bytes += [0x58] + UInt32(text.utf8.count).littleEndianBytes + text.utf8 }
    mutating func int(_ value: Int) {
        let number = value.littleEndianBytes
        bytes += [0x8A, 8] + number
    }
    mutating func tuple(_ values: [Int]) {
        raw("(")
        for value in values { int(value) }
        raw("t")
    }
    mutating func put(_ index: UInt8) { bytes += [0x71, index] }
    mutating func get(_ index: UInt8) { bytes += [0x68, index] }

    /// A storage by its persistent id.
    mutating func storage(_ key: String = "0", type: String = "FloatStorage", count: Int) {
        raw("(")
        string("storage")
        global("torch", type)
        string(key)
        string("cpu")
        int(count)
        raw("tQ")
    }

    /// A tensor as `torch.save` writes it.
    mutating func tensor(
        key: String = "0", type: String = "FloatStorage", count: Int, offset: Int = 0, shape: [Int], strides: [Int]
    ) {
        global("torch._utils", "_rebuild_tensor_v2")
        raw("(")
        storage(key, type: type, count: count)
        int(offset)
        tuple(shape)
        tuple(strides)
        bytes += [0x89]
        global("collections", "OrderedDict")
        raw(")RtR")
    }

    /// `{'x': <the value that body pushes>}` as a whole pickle.
    static func dictionary(_ body: (inout PickleAssembler) -> Void) -> [UInt8] {
        make { pickle in
            pickle.raw("}")
            pickle.string("x")
            body(&pickle)
            pickle.raw("s")
        }
    }
}

/// A torch zip file: a pickle, storages, and further members.
func torchZip(
    _ pickle: [UInt8], storages: [String: [UInt8]] = [:], more: [(String, [UInt8])] = [], isDeflated: Bool = false
) -> [UInt8] {
    var members = [ZipBuilder.Member("archive/data.pkl", pickle, isDeflated: isDeflated)]
    for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) {
        var member = ZipBuilder.Member("archive/data/" + key, bytes, isDeflated: isDeflated)
        member.alignment = 64
        members.append(member)
    }
    members += more.map { ZipBuilder.Member("archive/" + $0.0, $0.1) }
    members.append(ZipBuilder.Member("archive/version", Array("3\n".utf8)))
    return ZipBuilder(members).build()
}

/// The bytes of float32 values.
func floatBytes(_ values: [Float], bigEndian: Bool = false) -> [UInt8] {
    values.flatMap { (bigEndian ? $0.bitPattern.byteSwapped : $0.bitPattern).littleEndianBytes }
}

package import DreamSimTensors
package import Foundation

/// Writes safetensors files.
package enum SafetensorsWriter {
    /// Writes tensors as a safetensors file, which appears whole or not at all.
    ///
    /// The file is written under a temporary name in the same folder, flushed to the disk and renamed. The data start
    /// at a multiple of 64 bytes; since the format allows no gaps, tensors whose size is a multiple of 64 bytes come
    /// first, so that these are aligned too, then the others; each group keeps its order. The same tensors
    /// and metadata always give the same bytes. Memory use does not depend on the size of the tensors.
    /// - Parameters:
    ///   - tensors: names and values, written as float32; names must differ.
    ///   - integers: names and values, written as integers of 16 or 8 bits.
    ///   - metadata: free texts, written as `__metadata__` in the order of the keys; none is written when empty.
    ///   - statesDigest: whether the metadata also state the SHA-256 of the data, which follow the header, under `sha256`.
    ///   - url: the file, replaced when it exists.
    /// - Throws: `.refused` for two equal names or the name `__metadata__`; `.unwritable` when the folder is missing, the disk is full or the like, and then nothing is left behind.
    package static func write(
        _ tensors: [(name: String, tensor: Tensor)], integers: [(name: String, tensor: IntegerTensor)] = [],
        metadata: [String: String] = [:], statesDigest: Bool = false, to url: URL
    ) throws(DreamSimError) {
        let entries =
            tensors.map { Entry(name: $0, values: .single($1)) }
            + integers.map { Entry(name: $0, values: .integers($1)) }
        let ordered =
            entries.filter { $0.byteCount.isMultiple(of: alignment) }
            + entries.filter { !$0.byteCount.isMultiple(of: alignment) }
        var metadata = metadata
        if statesDigest {
            var digest = SHA256Digest()
            for entry in ordered { entry.withUnsafeBytes { digest.update($0) } }
            metadata[digestKey] = digest.hex()
        }
        let header = try header(
            ordered.map { ($0.name, $0.elementType, $0.shape) }, metadata, path: url.path)
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: url.path.utf8)
            try file.append(header)
            for entry in ordered {
                try entry.withUnsafeBytes { (bytes) throws(AtomicFile.Failure) in try file.append(bytes) }
            }
            try file.commit()
        } catch {
            throw DreamSimError(error)
        }
    }

    /// Where the metadata state the SHA-256 of the data.
    package static let digestKey = "sha256"

    static let alignment = 64

    private struct Entry {
        enum Values {
            case single(Tensor)
            case integers(IntegerTensor)
        }

        let name: String
        let values: Values

        var shape: Shape {
            switch values {
            case .single(let tensor): tensor.shape
            case .integers(let tensor): tensor.shape
            }
        }

        var elementType: ElementType {
            switch values {
            case .single: .float32
            case .integers(let tensor): tensor.precision == .int8 ? .int8 : .int16
            }
        }

        var byteCount: Int { shape.count * elementType.byteCount }

        func withUnsafeBytes<Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
            switch values {
            case .single(let tensor):
                try tensor.withUnsafeBufferPointer { (values) throws(Failure) in
                    try body(UnsafeRawBufferPointer(values))
                }
            case .integers(let tensor): try tensor.withUnsafeBytes { (bytes) throws(Failure) in try body(bytes) }
            }
        }
    }

    /// The bytes before the data of tensors that follow each other in this order.
    static func header(
        _ entries: [(name: String, elementType: ElementType, shape: Shape)], _ metadata: [String: String], path: String
    ) throws(DreamSimError) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { quoted($0.key) + ":" + quoted($0.value) }
            members.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
        }
        var seen: Set<String> = ["__metadata__"]
        var offset = 0
        for entry in entries {
            let name = entry.name
            guard seen.insert(name).inserted else {
                let reason = name == "__metadata__" ? "this name is reserved" : "a file cannot hold this name twice"
                throw DreamSimError(.refused, path, key: name, reason)
            }
            let end = offset + entry.shape.count * entry.elementType.byteCount
            let shape = entry.shape.dimensions.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(name)):{\"dtype\":\"\(entry.elementType.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var json = Array(("{" + members.joined(separator: ",") + "}").utf8)
        // Spaces after the object are part of the header by the format's own rules.
        json += [UInt8](repeating: 0x20, count: (alignment - (8 + json.count) % alignment) % alignment)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

import DreamSimTensors

extension ONNXParser {
    /// The pieces of a TensorProto before they are put together.
    private struct Parts {
        var name = ""
        var dimensions: [Int] = []
        var type: UInt64 = 0
        var raw: Range<Int>?
        /// Elements in the typed fields: their field number and where they lie.
        var typed: [(field: Int, content: ProtobufReader.Content)] = []
        var isExternal = false
    }

    /// Describes a tensor. External data are refused by the tensor's name; other types than ours are only noted.
    mutating func tensor(_ message: ProtobufReader) throws(DreamSimError) -> ONNXTensor {
        let parts = try parts(message)
        guard !parts.isExternal else {
            throw DreamSimError(
                .unsupported, file.url.path, key: parts.name, offset: message.cursor.origin,
                "the tensor's data lie in another file; save the model with its weights inside")
        }
        var tensor = ONNXTensor()
        tensor.name = parts.name
        guard let elementType = Self.elementTypes[parts.type] else {
            tensor.unsupportedType = parts.type
            return tensor
        }
        guard let shape = Shape(checking: parts.dimensions),
            case let (size, overflow) = shape.count.multipliedReportingOverflow(by: elementType.byteCount), !overflow
        else { throw fault(parts.name, message, "invalid shape \(parts.dimensions)") }
        tensor.layout = TensorLayout(elementType, shape)
        let source = try source(of: parts, elementType, shape, message)
        guard source.count == size else {
            throw fault(
                parts.name, message,
                "\(elementType.rawValue) of shape \(shape) needs \(size) bytes, not \(source.count)")
        }
        tensor.source = source
        return tensor
    }

    private func parts(_ message: ProtobufReader) throws(DreamSimError) -> Parts {
        var reader = message
        var parts = Parts()
        while let (number, content) = try reader.next() {
            switch (number, content) {
            case (1, .varint(let value)): parts.dimensions.append(Int(Int64(bitPattern: value)))
            case (1, .bytes(let range)):
                var packed = reader.message(range)
                while !packed.isAtEnd, parts.dimensions.count <= limits.rank {
                    parts.dimensions.append(Int(Int64(bitPattern: try packed.varint())))
                }
            case (2, .varint(let value)): parts.type = value
            case (4, _), (5, _), (7, _), (10, _), (11, _): parts.typed.append((number, content))
            case (8, .bytes(let range)): parts.name = try reader.text(range)
            case (9, .bytes(let range)): parts.raw = range
            case (13, _): parts.isExternal = true
            case (14, .varint(let value)): parts.isExternal = parts.isExternal || value == 1
            default: break
            }
            guard parts.dimensions.count <= limits.rank else {
                throw reader.cursor.fault(.limitExceeded, "a tensor of more than \(limits.rank) dimensions")
            }
            guard parts.typed.count <= limits.flattenedItems else {
                throw reader.cursor.fault(.limitExceeded, "a tensor of more than \(limits.flattenedItems) pieces")
            }
        }
        return parts
    }

    private mutating func source(
        of parts: Parts, _ elementType: ElementType, _ shape: Shape, _ message: ProtobufReader
    ) throws(DreamSimError) -> ByteSource {
        if let raw = parts.raw {
            guard parts.typed.isEmpty else { throw fault(parts.name, message, "the data are given twice") }
            return .mapped(file, message.inFile(raw))
        }
        // The field in which onnx.proto keeps elements of this type.
        let expected =
            switch elementType {
            case .float32: 4
            case .int64: 7
            case .float64: 10
            case .uint32, .uint64: 11
            default: 5
            }
        guard parts.typed.allSatisfy({ $0.field == expected }) else {
            throw fault(parts.name, message, "the data are in a field of another type")
        }
        let isFixed = elementType == .float32 || elementType == .float64
        if isFixed, parts.typed.count == 1, case .bytes(let range) = parts.typed[0].content {
            return .mapped(file, message.inFile(range))
        }
        var bytes: [UInt8] = []
        for (_, content) in parts.typed {
            switch content {
            case .fixed32(let value): append(UInt64(value), 4, to: &bytes)
            case .fixed64(let value): append(value, 8, to: &bytes)
            case .varint(let value): append(value, elementType.byteCount, to: &bytes)
            case .bytes(let range) where isFixed: bytes.append(contentsOf: message.cursor.slice(range))
            case .bytes(let range):
                var packed = message.message(range)
                while !packed.isAtEnd {
                    append(try packed.varint(), elementType.byteCount, to: &bytes)
                    // As soon as it is too much, and not only after a gigabyte of integers.
                    guard bytes.count <= limits.decodedBytes else { break }
                }
            }
        }
        try chargeDecoded(bytes.count, message)
        return .memory(SharedBytes(bytes))
    }

    /// The low bytes of a value; negative numbers are written as their 64-bit two's complement.
    private func append(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for i in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(i))))
        }
    }

    private func fault(_ name: String, _ message: ProtobufReader, _ reason: String) -> DreamSimError {
        DreamSimError(.malformed, file.url.path, key: name, offset: message.cursor.origin, reason)
    }

    /// TensorProto.DataType.
    private static let elementTypes: [UInt64: ElementType] = [
        1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool, 10: .float16,
        11: .float64, 12: .uint32, 13: .uint64, 16: .bfloat16,
    ]
}

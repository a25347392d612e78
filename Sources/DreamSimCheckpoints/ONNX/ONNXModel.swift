import DreamSimTensors

/// A node of the graph, as far as the names of weights need it.
struct ONNXNode {
    var operation = ""
    var inputs: [String] = []
    var outputs: [String] = []
    /// Whole-number attributes, such as Gemm's `transB`.
    var integers: [String: Int] = [:]
    /// Floating-point attributes, such as Gemm's `alpha`.
    var reals: [String: Float] = [:]
    /// The tensor of a Constant.
    var value: ONNXTensor?
}

/// A tensor of the file: its name, type and shape; its elements are read later.
struct ONNXTensor {
    var name = ""
    var layout: TensorLayout?
    var source: ByteSource?
    /// The number of its type when that is unknown.
    var unsupportedType: UInt64?
}

/// The parts of a model that are read.
struct ONNXModel {
    var metadata: [String: String] = [:]
    var initializers: [ONNXTensor] = []
    var nodes: [ONNXNode] = []
    var hasGraph = false
}

/// Reads a model, its graph and its nodes. Field numbers are those of onnx.proto.
struct ONNXParser {
    let file: MappedFile
    let limits: Checkpoint.Limits
    private(set) var model = ONNXModel()
    private var items = 0
    private var decodedBytes = 0

    init(_ file: MappedFile, limits: Checkpoint.Limits) {
        self.file = file
        self.limits = limits
    }

    mutating func parse() throws(DreamSimError) {
        var reader = ProtobufReader(ByteCursor(file.bytes, path: file.url.path))
        while let (number, content) = try reader.next() {
            switch (number, content) {
            case (1, .varint(let version)): model.metadata["ir_version"] = String(version)
            case (2, .bytes(let range)): model.metadata["producer_name"] = try reader.text(range)
            case (3, .bytes(let range)): model.metadata["producer_version"] = try reader.text(range)
            case (7, .bytes(let range)):
                guard !model.hasGraph else { throw reader.cursor.fault(.malformed, "a second graph") }
                model.hasGraph = true
                try parseGraph(reader.message(range))
            case (8, .bytes(let range)): try parseOperatorSet(reader.message(range))
            case (14, .bytes(let range)): try parseProperty(reader.message(range))
            default: break
            }
        }
        guard model.hasGraph else { throw reader.cursor.fault(.malformed, "the ONNX model holds no graph") }
    }

    private mutating func parseOperatorSet(_ message: ProtobufReader) throws(DreamSimError) {
        var reader = message
        var domain = ""
        var version: UInt64 = 0
        while let (number, content) = try reader.next() {
            switch (number, content) {
            case (1, .bytes(let range)): domain = try reader.text(range)
            case (2, .varint(let value)): version = value
            default: break
            }
        }
        try count(reader)
        model.metadata["opset." + (domain.isEmpty ? "ai.onnx" : domain)] = String(version)
    }

    private mutating func parseProperty(_ message: ProtobufReader) throws(DreamSimError) {
        var reader = message
        var key = ""
        var value = ""
        while let (number, content) = try reader.next() {
            switch (number, content) {
            case (1, .bytes(let range)): key = try reader.text(range)
            case (2, .bytes(let range)): value = try reader.text(range)
            default: break
            }
        }
        try count(reader)
        model.metadata[key] = value
    }

    private mutating func parseGraph(_ message: ProtobufReader) throws(DreamSimError) {
        var reader = message
        while let (number, content) = try reader.next() {
            switch (number, content) {
            case (1, .bytes(let range)): model.nodes.append(try node(reader.message(range)))
            case (5, .bytes(let range)):
                let tensor = try tensor(reader.message(range))
                guard !tensor.name.isEmpty else {
                    throw reader.cursor.fault(.malformed, at: range.lowerBound, "an initializer has no name")
                }
                guard model.initializers.count < limits.tensorCount else {
                    throw reader.cursor.fault(.limitExceeded, "more than \(limits.tensorCount) initializers")
                }
                model.initializers.append(tensor)
            case (15, .bytes(let range)):
                throw reader.cursor.fault(.unsupported, at: range.lowerBound, "sparse initializers are not read")
            default: break
            }
        }
    }

    private mutating func node(_ message: ProtobufReader) throws(DreamSimError) -> ONNXNode {
        var reader = message
        var node = ONNXNode()
        try count(reader)
        while let (number, content) = try reader.next() {
            switch (number, content) {
            case (1, .bytes(let range)):
                try count(reader)
                node.inputs.append(try reader.text(range))
            case (2, .bytes(let range)):
                try count(reader)
                node.outputs.append(try reader.text(range))
            case (4, .bytes(let range)): node.operation = try reader.text(range)
            case (5, .bytes(let range)): try parseAttribute(reader.message(range), of: &node)
            default: break
            }
        }
        return node
    }

    private mutating func parseAttribute(
        _ message: ProtobufReader, of node: inout ONNXNode
    ) throws(DreamSimError) {
        var reader = message
        var name = ""
        var integer: Int?
        var real: Float?
        var value: Range<Int>?
        while let (number, content) = try reader.next() {
            switch (number, content) {
            case (1, .bytes(let range)): name = try reader.text(range)
            case (2, .fixed32(let bits)): real = Float(bitPattern: bits)
            case (3, .varint(let bits)): integer = Int(Int64(bitPattern: bits))
            case (5, .bytes(let range)): value = range
            default: break
            }
        }
        try count(reader)
        if let integer { node.integers[name] = integer }
        if let real { node.reals[name] = real }
        if let value, name == "value" { node.value = try tensor(reader.message(value)) }
    }

    /// Counts what costs memory beyond the file's own bytes.
    private mutating func count(_ reader: ProtobufReader) throws(DreamSimError) {
        items += 1
        guard items <= limits.flattenedItems else {
            throw reader.cursor.fault(
                .limitExceeded, "the graph has more than \(limits.flattenedItems) nodes, names and attributes")
        }
    }

    /// Counts bytes that are decoded when the file is opened.
    mutating func chargeDecoded(_ count: Int, _ reader: ProtobufReader) throws(DreamSimError) {
        decodedBytes += count
        guard decodedBytes <= limits.decodedBytes else {
            throw reader.cursor.fault(
                .limitExceeded, "more than \(limits.decodedBytes) bytes of tensors outside raw_data")
        }
    }
}

import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Writes protobuf messages field by field.
struct ProtobufBuilder {
    var bytes: [UInt8] = []

    static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    mutating func integer(_ field: UInt64, _ value: Int) {
        bytes += Self.varint(field << 3) + Self.varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func data(_ field: UInt64, _ content: [UInt8], length: UInt64? = nil) {
        bytes += Self.varint(field << 3 | 2) + Self.varint(length ?? UInt64(content.count)) + content
    }

    mutating func message(_ field: UInt64, _ body: (inout ProtobufBuilder) -> Void) {
        var inner = ProtobufBuilder()
        body(&inner)
        data(field, inner.bytes)
    }

    /// A model with one initializer.
    static func model(_ tensor: (inout ProtobufBuilder) -> Void) -> [UInt8] {
        var model = ProtobufBuilder()
        model.integer(1, 8)
        model.message(7) { $0.message(5, tensor) }
        return model.bytes
    }
}

@Suite("ONNX files")
struct ONNXTests {
    private func transposed(_ rows: Int, _ columns: Int) -> Tensor {
        let values = ramp([rows, columns]).values
        return Tensor(
            (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } },
            shape: [columns, rows])
    }

    @Test("linear weights are named through their biases and exposed as [out, in]")
    func linear() throws {
        let checkpoint = try fixture("linear.onnx")
        #expect(
            Set(checkpoint.names) == [
                "a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias", "d.weight", "d.bias",
                "onnx::MatMul_5", "onnx::Add_6", "floats", "integers", "small", "half", "constant",
            ])
        #expect(try checkpoint.tensor("a.weight") == transposed(2, 3))
        #expect(try checkpoint.tensor("b.weight") == transposed(3, 4))
        #expect(try checkpoint.tensor("c.weight") == ramp([4, 4]))
        #expect(try checkpoint.tensor("d.weight") == transposed(4, 4))
        #expect(try checkpoint.tensor("d.bias") == checkpoint.tensor("b.bias"))
        #expect(try checkpoint.tensor("onnx::MatMul_5") == ramp([4, 2]))
        #expect(try checkpoint.tensor("onnx::Add_6") == ramp([2]))
        #expect(try checkpoint.tensor("constant") == ramp([2, 2]))
    }

    @Test("elements outside raw_data are read")
    func typedFields() throws {
        let checkpoint = try fixture("linear.onnx")
        #expect(try checkpoint.tensor("floats") == ramp([2, 3]))
        #expect(try checkpoint.tensor("integers").values == [-1, 0, 0x1p40])
        #expect(try checkpoint["small"]?.loadBytes() == [UInt8(bitPattern: -5), 6])
        #expect(try checkpoint.tensor("half").values == [1.5, -2])
        #expect(checkpoint.warnings.count == 1 && checkpoint.warnings[0].contains("'text'"))
    }

    @Test("producer, operator set and properties are metadata")
    func metadata() throws {
        let metadata = try fixture("linear.onnx").metadata
        #expect(metadata["producer_name"] == "fixtures")
        #expect(metadata["opset.ai.onnx"] == "17")
        #expect(metadata["purpose"] == "test")
    }

    @Test("a tensor whose data lie in another file is refused by name")
    func external() throws {
        let error = try #require(throws: DreamSimError.self) { try fixture("external.onnx") }
        #expect(error.kind == .unsupported)
        #expect(error.key == "elsewhere")
    }

    @Test("damaged models are refused")
    func damaged() throws {
        func tensor(_ body: @escaping (inout ProtobufBuilder) -> Void) -> [UInt8] {
            ProtobufBuilder.model {
                $0.data(8, Array("w".utf8))
                $0.integer(2, 1)
                body(&$0)
            }
        }
        let fine = tensor {
            $0.integer(1, 2)
            $0.data(9, floatBytes([1, 2]))
        }
        #expect(try open(fine).tensor("w").values == [1, 2])
        var empty = ProtobufBuilder()
        empty.integer(1, 8)
        empty.data(2, Array("me".utf8))
        let cases: [([UInt8], DreamSimError.Kind, String)] = [
            (tensor { $0.data(9, [0]) }, .malformed, "needs 4 bytes"),
            (tensor { $0.integer(1, -2) }, .malformed, "invalid shape"),
            (tensor { $0.data(1, ProtobufBuilder.varint(1 << 62) + [8]) }, .malformed, "invalid shape"),
            (tensor { for _ in 0..<65 { $0.integer(1, 1) } }, .limitExceeded, "64 dimensions"),
            (tensor { $0.data(1, [UInt8](repeating: 1, count: 70)) }, .limitExceeded, "64 dimensions"),
            (tensor { $0.data(7, [1]) }, .malformed, "another type"),
            (
                tensor {
                    $0.data(9, floatBytes([1]))
                    $0.data(4, floatBytes([1]))
                }, .malformed, "given twice"
            ),
            (tensor { $0.data(9, [1], length: 1 << 62) }, .malformed, "cut off"),
            (tensor { $0.data(9, [1], length: .max) }, .malformed, "cut off"),
            (tensor { $0.bytes += [UInt8](repeating: 0xFF, count: 11) }, .malformed, "64 bits"),
            (tensor { $0.bytes += [0x0B] }, .malformed, "wire type"),
            (tensor { $0.bytes += [0x00, 0x00] }, .malformed, "field number"),
            (tensor { $0.data(8, [0xFF]) }, .malformed, "UTF-8"),
            (
                ProtobufBuilder.model {
                    $0.integer(2, 1)
                    $0.data(9, floatBytes([1]))
                }, .malformed, "no name"
            ),
            (empty.bytes, .malformed, "no graph"),
            (Array(fine.dropLast()), .malformed, "cut off"),
        ]
        for (bytes, kind, reason) in cases {
            let error = try failure(of: bytes)
            #expect(error.kind == kind && error.reason.contains(reason), "\(error)")
        }
    }

    @Test("two initializers of one name are refused")
    func duplicates() throws {
        var model = ProtobufBuilder()
        model.integer(1, 8)
        model.message(7) {
            for _ in 0..<2 {
                $0.message(5) {
                    $0.data(8, Array("w".utf8))
                    $0.integer(2, 1)
                    $0.data(9, floatBytes([1]))
                }
            }
        }
        #expect(try failure(of: model.bytes).key == "w")
    }

    @Test("integers that would unfold beyond the limit are refused")
    func unfolding() throws {
        let bytes = ProtobufBuilder.model {
            $0.data(8, Array("w".utf8))
            $0.integer(2, 7)
            $0.integer(1, 9 << 20)
            $0.data(7, [UInt8](repeating: 1, count: 9 << 20))
        }
        #expect(try failure(of: bytes).kind == .limitExceeded)
    }
}

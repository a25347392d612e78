import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("torch files")
struct TorchTests {
    @Test(
        "views, 16-bit values, integers and scalars of nested dictionaries are read",
        arguments: ["nested.pth", "nested_legacy.pth", "nested_protocol4.pth", "nested_legacy_protocol5.pth"])
    func nested(name: String) throws {
        let checkpoint = try fixture(name)
        let whole = ramp([6, 4])
        func state(_ key: String) throws -> Tensor { try checkpoint.tensor("state_dict." + key) }
        #expect(try state("whole") == whole)
        for key in ["wide", "half", "brain"] { #expect(try state(key) == whole, "\(key)") }
        #expect(try checkpoint.tensor("parameter") == whole)
        let columnsFirst = (0..<4).flatMap { column in (0..<6).map { whole.values[$0 * 4 + column] } }
        #expect(try state("transposed") == Tensor(columnsFirst, shape: [4, 6]))
        #expect(try state("rows") == Tensor(whole.values[8..<16], shape: [2, 4]))
        let middle = (0..<6).flatMap { whole.values[($0 * 4 + 1)..<($0 * 4 + 3)] }
        #expect(try state("columns") == Tensor(middle, shape: [6, 2]))
        let first = Array(whole.values[0..<4])
        #expect(try state("expanded") == Tensor(first + first + first, shape: [3, 4]))
        #expect(try state("scalar") == Tensor([2.5], shape: []))
        #expect(try state("empty").shape == [0, 3])
        #expect(try state("ids").values == [0, 1, 2, 3, 4])
        #expect(checkpoint["state_dict.ids"]?.elementType == .int64)
        #expect(try checkpoint["state_dict.bytes"]?.loadBytes() == [0, 1, 2, 3])
        #expect(try checkpoint["state_dict.flags"]?.loadBytes() == [1, 0])
        #expect(try checkpoint.tensor("optimizer.state.0.exp_avg").values == [1, 1])
        let attributes = checkpoint.attributes
        #expect(attributes["epoch"] == .integer(3))
        #expect(attributes["kwargs.depth"] == .integer(12))
        #expect(attributes["kwargs.rate"] == .real(0.5))
        #expect(attributes["kwargs.name"] == .string("vit"))
        #expect(attributes["kwargs.flag"] == .bool(true))
        #expect(attributes["kwargs.nothing"] == .null)
        #expect(attributes["kwargs.sizes.1"] == .integer(37))
        #expect(attributes["args.lr"] == .real(0.1))
        #expect(attributes["counts.a"] == .integer(2))
        #expect(attributes["optimizer.param_groups.0.params.0"] == .integer(0))
        #expect(checkpoint.warnings.count == 1 && checkpoint.warnings[0].contains("'device'"))
    }

    @Test("a file of one bare tensor calls it 'array'")
    func bare() throws {
        #expect(try fixture("bare.pth").tensor("array") == ramp([6, 4]))
    }

    @Test("big-endian storages are read")
    func bigEndian() throws {
        let values: [Float] = [1.5, -2, 3e-9, 4]
        let pickle = PickleAssembler.dictionary { $0.tensor(count: 4, shape: [2, 2], strides: [2, 1]) }
        let big = torchZip(
            pickle, storages: ["0": floatBytes(values, bigEndian: true)], more: [("byteorder", Array("big".utf8))])
        #expect(try open(big).tensor("x").values == values)
        let odd = torchZip(pickle, storages: ["0": floatBytes(values)], more: [("byteorder", Array("pdp".utf8))])
        #expect(try failure(of: odd).key == "archive/byteorder")
    }

    @Test("compressed members are inflated when asked for")
    func compressed() throws {
        let pickle = PickleAssembler.dictionary { $0.tensor(count: 4, shape: [2, 2], strides: [1, 2]) }
        let bytes = torchZip(pickle, storages: ["0": floatBytes([1, 2, 3, 4])], isDeflated: true)
        #expect(try open(bytes).tensor("x").values == [1, 3, 2, 4])
    }

    @Test("the stride of a dimension of one element may be any number")
    func looseStrides() throws {
        let pickle = PickleAssembler.dictionary {
            $0.tensor(count: 4, shape: [1, 2, 1, 2], strides: [.max, 2, .max, 1])
        }
        let checkpoint = try open(torchZip(pickle, storages: ["0": floatBytes([1, 2, 3, 4])]))
        #expect(try checkpoint.tensor("x") == Tensor([1, 2, 3, 4], shape: [1, 2, 1, 2]))
        #expect(checkpoint["x"]?.isZeroCopy == true)
    }

    @Test("a record of another size than its storage is refused", arguments: [12, 20, 0])
    func recordSize(count: Int) throws {
        let pickle = PickleAssembler.dictionary { $0.tensor(count: 4, shape: [2], strides: [1]) }
        let error = try failure(of: torchZip(pickle, storages: ["0": [UInt8](repeating: 0, count: count)]))
        #expect(error.kind == .malformed)
        #expect(error.key == "archive/data/0")
        #expect(error.reason.contains("need 16"))
    }

    @Test("a storage that the archive lacks is named")
    func missingStorage() throws {
        let pickle = PickleAssembler.dictionary { $0.tensor(count: 4, shape: [2], strides: [1]) }
        let error = try failure(of: torchZip(pickle))
        #expect(error.kind == .malformed)
        #expect(error.key == "archive/data/0")
    }

    @Test("a missing name is explained with the names near it")
    func missingKey() throws {
        let checkpoint = try fixture("nested.pth")
        let error = try #require(throws: DreamSimError.self) { try checkpoint.tensor("state_dict.whale") }
        #expect(error.kind == .missing)
        #expect(error.key == "state_dict.whale")
        #expect(error.reason.contains("'state_dict.whole'"))
        #expect(checkpoint["whole"] == nil)
    }

    @Test("two tensors that flatten to one name are refused")
    func collision() throws {
        let pickle = PickleAssembler.make {
            $0.raw("}")
            $0.string("a.b")
            $0.tensor(count: 4, shape: [2], strides: [1])
            $0.raw("s")
            $0.string("a")
            $0.raw("}")
            $0.string("b")
            $0.tensor(count: 4, shape: [4], strides: [1])
            $0.raw("ss")
        }
        let error = try failure(of: torchZip(pickle, storages: ["0": floatBytes([1, 2, 3, 4])]))
        #expect(error.kind == .malformed && error.key == "a.b")
    }

    @Test("NaN weights load and are found")
    func nan() throws {
        let pickle = PickleAssembler.dictionary { $0.tensor(count: 2, shape: [2], strides: [1]) }
        let checkpoint = try open(torchZip(pickle, storages: ["0": floatBytes([1, .nan])]))
        #expect(try checkpoint.nonFiniteTensors() == ["x"])
    }

    // MARK: The legacy layout

    private func legacy(
        magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19], version: Int = 1001,
        keys: [String] = ["0"], records: [UInt8] = Int64(4).littleEndianBytes + floatBytes([1, 2, 3, 4]),
        root: [UInt8]? = nil
    ) -> [UInt8] {
        PickleAssembler.make { $0.raw([0x8A, UInt8(magic.count)] + magic) }
            + PickleAssembler.make { $0.int(version) } + PickleAssembler.make { $0.raw("}") }
            + (root ?? PickleAssembler.dictionary { $0.tensor(count: 4, shape: [2, 2], strides: [2, 1]) })
            + PickleAssembler.make { pickle in
                pickle.raw("](")
                for key in keys { pickle.string(key) }
                pickle.raw("e")
            } + records
    }

    @Test("the legacy layout by hand, with a view in the persistent id")
    func legacyByHand() throws {
        #expect(try open(legacy()).tensor("x").values == [1, 2, 3, 4])
        let root = PickleAssembler.dictionary {
            $0.global("torch._utils", "_rebuild_tensor")
            $0.raw("((")
            $0.string("storage")
            $0.global("torch", "FloatStorage")
            $0.string("0")
            $0.string("cpu")
            $0.int(4)
            $0.raw("(")
            $0.string("view")
            $0.int(1)
            $0.int(3)
            $0.raw("ttQ")
            $0.int(1)
            $0.tuple([2])
            $0.tuple([1])
            $0.raw("tR")
        }
        let checkpoint = try open(legacy(root: root))
        #expect(checkpoint.format == .torchLegacy)
        #expect(try checkpoint.tensor("x").values == [3, 4])
        #expect(try open(legacy() + [0]).warnings.count == 1)
    }

    @Test("faults of the legacy layout are refused")
    func legacyFaults() throws {
        let record = Int64(4).littleEndianBytes + floatBytes([1, 2, 3, 4])
        let cases: [([UInt8], DreamSimError.Kind, String)] = [
            (legacy(magic: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), .malformed, "wrong magic"),
            (legacy(magic: [5]), .malformed, "wrong magic"),
            (legacy(version: 1002), .unsupported, "1001"),
            (legacy(keys: []), .malformed, "lacks this storage"),
            (legacy(keys: ["1"]), .malformed, "no tensor uses"),
            (legacy(keys: ["0", "0"], records: record + record), .malformed, "twice"),
            (legacy(records: Array(record.dropLast())), .malformed, "cut off"),
            (legacy(records: []), .malformed, "cut off"),
            (legacy(records: Int64(3).littleEndianBytes + floatBytes([1, 2, 3])), .malformed, "the pickle says 4"),
            (legacy(records: Int64(-1).littleEndianBytes), .malformed, "-1"),
            (legacy(records: Int64.max.littleEndianBytes), .malformed, "9223372036854775807"),
        ]
        for (bytes, kind, reason) in cases {
            let error = try failure(of: bytes)
            #expect(error.kind == kind && error.reason.contains(reason), "\(error)")
        }
    }

    @Test("a plain pickle of torch tensors without storages is refused")
    func noStorages() throws {
        let error = try failure(of: PickleAssembler.dictionary { $0.tensor(count: 4, shape: [2], strides: [1]) })
        #expect(error.kind == .malformed && error.reason.contains("no storages follow"))
    }
}

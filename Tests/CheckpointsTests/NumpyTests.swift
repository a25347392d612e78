import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("numpy files")
struct NumpyTests {
    @Test("archives hold every dtype and order", arguments: ["stored.npz", "compressed.npz"])
    func archives(name: String) throws {
        let checkpoint = try fixture(name)
        #expect(checkpoint.format == .numpyArchive)
        for i in 0..<6 { #expect(try checkpoint.tensor("real\(i)") == ramp([3, 4]), "real\(i)") }
        let whole = Tensor((0..<12).map(Float.init), shape: [3, 4])
        for i in 0..<10 { #expect(try checkpoint.tensor("whole\(i)") == whole, "whole\(i)") }
        #expect(try checkpoint["flags"]?.loadBytes() == [1, 0, 1])
        #expect(try checkpoint["whole9"]?.loadBytes() == Array(0..<12))
        #expect(try checkpoint.tensor("fortran") == ramp([2, 3, 4]))
        #expect(try checkpoint.tensor("scalar") == Tensor([1.5], shape: []))
        #expect(try checkpoint.tensor("nothing").shape == [0, 5])
    }

    @Test("all versions of the header are read", arguments: 1...3)
    func versions(version: Int) throws {
        #expect(try fixture("version\(version).npy").tensor("array") == ramp([2, 3]))
    }

    @Test("column-major big-endian float64 becomes row-major float32")
    func fortranOrder() throws {
        let checkpoint = try fixture("fortran.npy")
        #expect(checkpoint["array"]?.elementType == .float64)
        #expect(try checkpoint.tensor("array") == ramp([2, 3, 4]))
    }

    @Test(
        "pickled nested dictionaries of arrays are flattened",
        arguments: ["nested2.pkl", "nested3.pkl", "nested4.pkl", "nested_numpy1.pkl"])
    func pickles(name: String) throws {
        let checkpoint = try fixture(name)
        #expect(checkpoint.format == .pickledArrays)
        #expect(
            checkpoint.names == [
                "Net_0.Conv_0.kernel", "Net_0.Conv_0.bias", "fortran", "half", "steps.0", "steps.1",
            ])
        #expect(try checkpoint.tensor("Net_0.Conv_0.kernel") == ramp([2, 2, 3, 4]))
        #expect(try checkpoint.tensor("Net_0.Conv_0.bias") == ramp([4]))
        #expect(try checkpoint.tensor("fortran") == ramp([2, 3]))
        #expect(try checkpoint.tensor("half") == ramp([5]))
        #expect(try checkpoint.tensor("steps.1") == ramp([3]))
        #expect(checkpoint.attributes["epoch"] == .integer(7))
        #expect(checkpoint.attributes["rate"] == .real(0.5))
        #expect(checkpoint.attributes["name"] == .string("tiny"))
    }

    @Test("arrays of objects and structures are refused")
    func objects() throws {
        let objects = try #require(throws: DreamSimError.self) { try fixture("objects.npy") }
        #expect(objects.kind == .refused && objects.reason.contains("objects"))
        let structured = try #require(throws: DreamSimError.self) { try fixture("structured.npy") }
        #expect(structured.kind == .unsupported)
    }

    private func npy(_ header: String, data: Int = 0, version: UInt8 = 1) -> [UInt8] {
        let text = Array(header.utf8)
        let length = version == 1 ? UInt16(text.count).littleEndianBytes : UInt32(text.count).littleEndianBytes
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + [UInt8](repeating: 0, count: data)
    }

    @Test("damaged headers are refused")
    func damaged() throws {
        func header(_ type: String = "<f4", _ order: String = "False", _ shape: String = "(2,)") -> String {
            "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }"
        }
        #expect(try open(npy(header(), data: 8)).tensor("array") == Tensor(zeros: [2]))
        #expect(try open(npy(header("<f4", "False", "(2L,)"), data: 8)).tensor("array") == Tensor(zeros: [2]))
        let cases: [([UInt8], DreamSimError.Kind, String)] = [
            (npy(header(), data: 7), .malformed, "needs 8"),
            (npy(header(), data: 9), .malformed, "needs 8"),
            (npy(header("<c8")), .unsupported, "<c8"),
            (npy(header("<f16")), .unsupported, "<f16"),
            (npy(header("|O")), .refused, "objects"),
            (npy(header("<f4", "Maybe")), .malformed, "not a dict"),
            (npy(header("<f4", "False", "(-1,)")), .malformed, "not a dict"),
            (npy(header("<f4", "False", "(4294967296, 4294967296)")), .malformed, "invalid shape"),
            (npy(header("<f4", "False", "(4611686018427387904,)")), .malformed, "invalid shape"),
            (npy(header("<f4", "False", "(99999999999999999999,)")), .malformed, "not a dict"),
            (npy(header("<f4", "False", "(" + String(repeating: "1,", count: 65) + ")")), .malformed, "invalid shape"),
            (npy("{'descr': '<f4'}"), .malformed, "not a dict"),
            (npy(header() + "x"), .malformed, "not a dict"),
            (npy("{'descr': __import__('os')}"), .malformed, "not a dict"),
            (npy(header(), version: 4), .unsupported, "version 4"),
            (Array(npy(header()).prefix(20)), .malformed, "cut off"),
            (Array(npy(header()).prefix(7)), .malformed, "cut off"),
            (
                [0x93] + Array("NUMPY".utf8) + [2, 0] + UInt32.max.littleEndianBytes + [0, 0], .limitExceeded,
                "4294967295"
            ),
        ]
        for (bytes, kind, reason) in cases {
            let error = try failure(of: bytes)
            #expect(error.kind == kind && error.reason.contains(reason), "\(error)")
        }
    }

    private func array(
        dtype: String = "f4", order: String = "<", shape: [Int] = [2], bytes: Int = 8, class name: String = "ndarray"
    ) -> [UInt8] {
        PickleAssembler.dictionary {
            $0.global("numpy.core.multiarray", "_reconstruct")
            $0.global("numpy", name)
            $0.tuple([0])
            $0.raw([0x43, 1, 0x62, 0x87])
            $0.raw("R(")
            $0.int(1)
            $0.tuple(shape)
            $0.global("numpy", "dtype")
            $0.string(dtype)
            $0.raw([0x89, 0x88, 0x87])
            $0.raw("R(")
            $0.int(3)
            $0.string(order)
            $0.raw("NNN")
            $0.int(-1)
            $0.int(-1)
            $0.int(0)
            $0.raw("tb")
            $0.raw([0x89, 0x42] + UInt32(bytes).littleEndianBytes + [UInt8](repeating: 0, count: bytes))
            $0.raw("tb")
        }
    }

    @Test("damaged pickled arrays are refused")
    func damagedPickles() throws {
        #expect(try open(array()).tensor("x") == Tensor(zeros: [2]))
        let cases: [([UInt8], DreamSimError.Kind, String)] = [
            (array(bytes: 7), .malformed, "needs 8 bytes"),
            (array(shape: [3]), .malformed, "needs 12 bytes"),
            (array(shape: [1 << 62, 4]), .malformed, "invalid shape"),
            (array(shape: [-2]), .malformed, "invalid shape"),
            (array(dtype: "O8"), .unsupported, "O8"),
            (array(dtype: "V8"), .unsupported, "V8"),
            (array(order: "x"), .malformed, "byte order"),
            (array(class: "dtype"), .refused, "something else than an ndarray"),
            (array() + [0], .malformed, "follow the end"),
        ]
        for (bytes, kind, reason) in cases {
            let error = try failure(of: bytes)
            #expect(error.kind == kind && error.reason.contains(reason), "\(error)")
        }
    }
}

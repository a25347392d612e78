import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
    private let tensors: [(name: String, tensor: Tensor)] = [
        ("odd", ramp([3])), ("whole \"é\"\n", ramp([4, 8])), ("scalar", Tensor([2.5], shape: [])),
        ("empty", Tensor(zeros: [0, 2])), ("second", ramp([16])),
    ]

    @Test("what is written is read back, and large tensors are aligned to 64 bytes")
    func roundTrip() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "out.safetensors")
            try SafetensorsWriter.write(tensors, metadata: ["b": "2", "a": "\\ \u{1}"], to: url)
            let checkpoint = try Checkpoint(contentsOf: url)
            #expect(checkpoint.metadata == ["b": "2", "a": "\\ \u{1}"])
            #expect(Set(checkpoint.names) == Set(tensors.map(\.name)))
            for (name, tensor) in tensors { #expect(try checkpoint.tensor(name) == tensor) }
            for name in ["whole \"é\"\n", "second"] {
                let address = try checkpoint.tensor(name).withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
                #expect(address.isMultiple(of: 64))
                #expect(checkpoint[name]?.isZeroCopy == true)
            }
        }
    }

    @Test("the same tensors give the same bytes, and an older file is replaced")
    func deterministic() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "out.safetensors")
            try Data("older".utf8).write(to: url)
            try SafetensorsWriter.write(tensors, metadata: ["x": "1", "y": "2", "z": "3"], to: url)
            let first = try Data(contentsOf: url)
            try SafetensorsWriter.write(tensors, metadata: ["z": "3", "y": "2", "x": "1"], to: url)
            #expect(try Data(contentsOf: url) == first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.safetensors"])
        }
    }

    @Test("Integers come back as a window on the file", arguments: [Precision.int16, .int8])
    func integers(precision: Precision) throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "integers.safetensors")
            let bytes = (0..<(3 * 40 * precision.size)).map { UInt8($0 * 37 % 256) }
            let tensor = IntegerTensor(uninitialized: [3, 40], precision) { memory in
                bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
            }
            try SafetensorsWriter.write([("a", ramp([5]))], integers: [("w", tensor)], to: url)
            let checkpoint = try Checkpoint(contentsOf: url)
            #expect(try checkpoint.tensor("a") == ramp([5]))
            let found = try #require(checkpoint["w"]?.integers)
            #expect(found.shape == [3, 40] && found.precision == precision)
            #expect(found.withUnsafeBytes { Array($0) } == bytes)
            #expect(checkpoint["a"]?.integers == nil)
        }
    }

    @Test("names that a file cannot hold are refused before anything is written")
    func refusals() throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "out.safetensors")
            for name in ["odd", "__metadata__"] {
                let error = try #require(throws: DreamSimError.self) {
                    try SafetensorsWriter.write(tensors + [(name, ramp([1]))], to: url)
                }
                #expect(error.kind == .refused && error.key == name)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        }
    }

    @Test("a failure leaves nothing behind and an older target as it was")
    func failures() throws {
        try Fixtures.withTemporaryFolder { folder in
            let missing = folder.appending(path: "missing/out.safetensors")
            let first = try #require(throws: DreamSimError.self) { try SafetensorsWriter.write(tensors, to: missing) }
            #expect(first.kind == .unwritable)
            // A folder that holds something cannot be replaced: rename fails after everything was written.
            let occupied = folder.appending(path: "occupied")
            try FileManager.default.createDirectory(
                at: occupied.appending(path: "inside"), withIntermediateDirectories: true)
            let second = try #require(throws: DreamSimError.self) {
                try SafetensorsWriter.write(tensors, to: occupied)
            }
            #expect(second.kind == .unwritable)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["occupied"])
        }
    }
}

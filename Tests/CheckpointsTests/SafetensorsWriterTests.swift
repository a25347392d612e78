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

    @Test("16-bit files hold rounded values", arguments: [ElementType.float16, .bfloat16])
    func halves(type: ElementType) throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "half.safetensors")
            let values: [Float] = (0..<300_000).map { Float($0) * 0.001 - 7 }
            try SafetensorsWriter.write([("w", Tensor(values, shape: [300_000]))], to: url, elementType: type)
            let checkpoint = try Checkpoint(contentsOf: url)
            #expect(checkpoint["w"]?.elementType == type)
            let difference = Difference(try checkpoint.tensor("w").values, values)
            #expect(difference.maxAbsolute < (type == .float16 ? 0.13 : 1.1), "\(difference)")
            #expect(difference.relativeL2 < (type == .float16 ? 5e-4 : 4e-3), "\(difference)")
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
            let error = try #require(throws: DreamSimError.self) {
                try SafetensorsWriter.write(tensors, to: url, elementType: .int8)
            }
            #expect(error.kind == .refused)
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

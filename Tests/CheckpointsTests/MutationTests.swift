import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Damages small valid files of every format at random, but always in the same way.
@Suite("Random damage", .timeLimit(.minutes(5)))
struct MutationTests {
    static let files = [
        "stored.npz", "compressed.npz", "fortran.npy", "version1.npy", "nested2.pkl", "nested3.pkl", "nested4.pkl",
        "nested.pth", "nested_legacy.pth", "nested_legacy_protocol5.pth", "nested_protocol4.pth", "bare.pth",
        "linear.onnx", "small.safetensors",
    ]

    @Test("a damaged file is read or refused with a typed error, and never crashes", arguments: files)
    func damage(name: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            let seed = try bytes(of: name, in: folder)
            let url = folder.appending(path: "damaged")
            var generator = SeededGenerator(state: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
            var refused = 0
            for _ in 0..<400 {
                try Data(generator.damaged(seed)).write(to: url)
                do {
                    let checkpoint = try Checkpoint(contentsOf: url)
                    for name in checkpoint.names { _ = try checkpoint.tensor(name) }
                } catch is DreamSimError {
                    refused += 1
                }
            }
            #expect(refused > 0)
        }
    }

    @Test("every truncation of a file is read or refused with a typed error", arguments: files)
    func truncation(name: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            let seed = try bytes(of: name, in: folder)
            let url = folder.appending(path: "truncated")
            for count in stride(from: 0, to: seed.count, by: max(1, seed.count / 150)) {
                try Data(seed.prefix(count)).write(to: url)
                do {
                    let checkpoint = try Checkpoint(contentsOf: url)
                    for name in checkpoint.names { _ = try checkpoint.tensor(name) }
                    // Only a protobuf may lose its last fields and still be whole.
                    #expect(checkpoint.format == .onnx, "\(count) bytes")
                } catch is DreamSimError {}
            }
        }
    }

    private func bytes(of name: String, in folder: URL) throws -> [UInt8] {
        guard name == "small.safetensors" else {
            return try Array(Data(contentsOf: Fixtures.file("checkpoints/" + name)))
        }
        let url = folder.appending(path: name)
        let tensors = (0..<8).map { (name: "blocks.\($0).weight", tensor: ramp([$0, 3])) }
        try SafetensorsWriter.write(tensors, metadata: ["from": "test"], to: url)
        return try Array(Data(contentsOf: url))
    }
}

extension SeededGenerator {
    /// One to eight flipped bits, extreme bytes, copied or removed runs; often near the start, where headers are.
    fileprivate mutating func damaged(_ seed: [UInt8]) -> [UInt8] {
        var bytes = seed
        for _ in 0...index(below: 8) {
            guard bytes.count > 4 else { break }
            let place = index(below: 2) == 0 ? index(below: min(bytes.count, 300)) : index(below: bytes.count)
            switch index(below: 6) {
            case 0, 1: bytes[place] ^= 1 << UInt8(index(below: 8))
            case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][index(below: 5)]
            case 3:
                for i in place..<min(place + 8, bytes.count) { bytes[i] = 0xFF }
            case 4: bytes.removeSubrange(place..<min(place + 1 + index(below: 16), bytes.count))
            default:
                let run = bytes[place..<min(place + 1 + index(below: 16), bytes.count)]
                bytes.insert(contentsOf: run, at: index(below: bytes.count))
            }
        }
        return bytes
    }
}

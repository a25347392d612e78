import CDreamSim
import DreamSim
import DreamSimC
import DreamSimCheckpoints
import Foundation
import TestSupport
import Testing

@Suite("The C interface: sets of images")
struct SetTests {
    private static func rows(_ name: String) throws -> Tensor {
        try Checkpoint(contentsOf: Fixtures.file("sets/\(name).npy")).tensor("array")
    }

    /// Calls a closure with rows as the interface takes them.
    private static func with<R>(_ rows: Tensor, _ body: (inout dreamsim1_vectors) throws -> R) rethrows -> R {
        try rows.withUnsafeBufferPointer { values in
            var vectors = dreamsim1_vectors(
                data: values.baseAddress, kind: Int32(DREAMSIM1_FLOAT32.rawValue), rows: Int64(rows.shape[0]),
                width: Int64(rows.shape[1]))
            return try body(&vectors)
        }
    }

    @Test("gives scores, and refuses what cannot be")
    func scores() throws {
        let expected = try JSONSerialization.jsonObject(with: Data(contentsOf: Fixtures.file("sets/scores.json")))
        let (real, generated) = (try Self.rows("real"), try Self.rows("generated"))
        try Self.with(real) { real in
            try Self.with(generated) { generated in
                let report = try json {
                    dreamsim1_sets(&real, &generated, #"{"scores": ["fd"], "contributions": true}"#, nil, $0, $1)
                }
                let whole = try #require(report as? [String: Any])
                let score = try #require((whole["scores"] as? [[String: Any]])?.first?["value"] as? Double)
                let known = try #require((expected as? [String: Any])?["fd"] as? Double)
                #expect(abs(score - known) < 1e-9 * known && (whole["contributions"] as? [Any])?.count == 210)
                for (options, words) in [
                    (#"{"scores": ["fid"]}"#, "score 'fid': is unknown"), (#"{"pairs": 3}"#, "is for one set"),
                    (#"{"neighbors": 90}"#, "needs at least 91"),
                ] {
                    let error = try #require(throws: CallError.self) {
                        _ = try json { dreamsim1_sets(&real, &generated, options, nil, $0, $1) }
                    }
                    #expect(error.message.contains(words), "\(error.message)")
                }
                real.kind = 7
                let error = try #require(throws: CallError.self) {
                    _ = try json { dreamsim1_sets(&real, nil, nil, nil, $0, $1) }
                }
                #expect(error.code == 1 && error.message.contains("kind 7"))
            }
        }
    }

    @Test("adds up moments")
    func moments() throws {
        let rows = try Self.rows("real")
        var (mean, scatter) = ([Double](repeating: 0, count: 16), [Double](repeating: 0, count: 256))
        try mean.withUnsafeMutableBufferPointer { mean in
            try scatter.withUnsafeMutableBufferPointer { scatter in
                var moments = dreamsim1_moments(
                    count: 0, width: 16, mean: mean.baseAddress, scatter: scatter.baseAddress)
                try Self.with(rows) { rows in try call { dreamsim1_moments_add(&moments, &rows, $0) } }
                #expect(moments.count == 120)
                var copy = moments
                try call { dreamsim1_moments_merge(&moments, &copy, $0) }
                #expect(moments.count == 240)
                moments.width = 0
                var distance = 0.0
                #expect(throws: CallError.self) { try call { dreamsim1_frechet(&moments, &copy, &distance, $0) } }
            }
        }
        let expected =
            rows.values.enumerated().filter { $0.offset % 16 == 3 }.reduce(0) { $0 + Double($1.element) } / 120
        #expect(abs(mean[3] - expected) < 1e-12 && scatter[1] == scatter[16])
    }
}

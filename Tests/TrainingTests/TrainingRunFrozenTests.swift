import DreamSim
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Runs whose frozen blocks are computed once.
@Suite("Runs with a cache", .serialized)
struct TrainingRunFrozenTests {
    /// A run from its beginning to its end.
    /// - Returns: the bytes of the checkpoint, losses and agreements of the log, and what was told.
    static func run(
        _ model: PerceptualModel, _ triplets: ([TrainingTriplet], [TrainingTriplet]), in folder: URL, _ name: String,
        cache: URL?, _ change: (inout TrainingOptions) -> Void = { _ in }
    ) throws -> (checkpoint: Data, log: [[Double]], notes: [String]) {
        var options = TrainingRunTests.options()
        options.layers = 1
        change(&options)
        var settings = TrainingRun.Settings()
        settings.cache = cache
        let place = folder.appending(path: name)
        var notes: [String] = []
        try TrainingRun(
            model, options, training: triplets.0, validation: triplets.1, folder: place, settings: settings
        ).run { if case .note(let text) = $0 { notes.append(text) } }
        let log = try String(contentsOf: place.appending(path: "log.jsonl"), encoding: .utf8).split(separator: "\n")
            .compactMap { line -> [Double]? in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                guard let loss = object?["loss"] as? Double, let agreement = object?["agreement"] as? Double else {
                    return nil
                }
                return [loss, agreement]
            }
        return (try Data(contentsOf: place.appending(path: "checkpoint.safetensors")), log, notes)
    }

    /// Runs `body` with a model, so many triplets for training and none for validation, a folder and a cache in it.
    private static func withCache(
        _ count: Int, _ body: (PerceptualModel, ([TrainingTriplet], [TrainingTriplet]), URL, URL) throws -> Void
    ) async throws {
        try await TrainingRunTests.withTriplets(count) { model, triplets, folder in
            try body(model, (triplets, []), folder, folder.appending(path: "cache"))
        }
    }

    @Test(
        "A cold cache, a warm one and a damaged one give the very same run as none",
        arguments: [["dino"], ["clip"], ["dino", "clip", "open_clip"]])
    func same(families: [String]) async throws {
        let model = try await TrainingTests.model(families)
        try Fixtures.withTemporaryFolder { folder in
            let triplets = (
                try TrainingRunTests.triplets(10, in: folder),
                try TrainingRunTests.triplets(5, in: folder, seed: 2)
            )
            let cache = folder.appending(path: "cache")
            func run(_ name: String, _ cache: URL?) throws -> (checkpoint: Data, log: [[Double]], notes: [String]) {
                try Self.run(model, triplets, in: folder, name, cache: cache)
            }
            let expected = try run("none", nil)
            #expect(expected.log.count == 9 && expected.notes.isEmpty)
            let cold = try run("cold", cache)
            #expect(cold.checkpoint == expected.checkpoint && cold.log == expected.log)
            #expect(cold.notes.count == 1 && cold.notes[0].contains("0 images"))
            let files = try FileManager.default.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil)
            #expect(files.count == 1)
            let bytes = try Data(contentsOf: files[0])
            let warm = try run("warm", cache)
            #expect(warm.checkpoint == expected.checkpoint && warm.log == expected.log)
            #expect(warm.notes[0].contains(" 45 images are in"))
            #expect(try Data(contentsOf: files[0]) == bytes)
            var damaged = bytes
            damaged[bytes.count / 2] ^= 1
            try damaged.dropLast(100).write(to: files[0])
            let mended = try run("damaged", cache)
            #expect(mended.checkpoint == expected.checkpoint && mended.log == expected.log)
            #expect(mended.notes.count == 3, "\(mended.notes)")
            // Another rank and seed read the same rows; more layers have others.
            let size = try Data(contentsOf: files[0]).count
            let other = try Self.run(model, triplets, in: folder, "other", cache: cache) {
                ($0.rank, $0.seed) = (2, 9)
            }
            #expect(other.log != expected.log)
            #expect(try Data(contentsOf: files[0]).count == size)
            _ = try Self.run(model, triplets, in: folder, "two", cache: cache) { $0.layers = 2 }
            #expect(try FileManager.default.contentsOfDirectory(atPath: cache.path).count == 2)
        }
    }

    @Test("What is read from the cache is what was computed: numbers put there by hand change the run")
    func isRead() async throws {
        try await Self.withCache(6) { model, triplets, folder, cache in
            let expected = try Self.run(model, triplets, in: folder, "cold", cache: cache)
            let file = try FileManager.default.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil)[0]
            // Rows change places: keys stay, and sums are made to fit.
            let bytes = Array(try Data(contentsOf: file))
            let header = try #require(bytes.firstIndex(of: 10)) + 1
            let size = (bytes.count - header) / 18
            var records = (0..<18).map { Array(bytes[(header + $0 * size)..<(header + ($0 + 1) * size)]) }
            let rows = records.map { Array($0[36...]) }
            for n in 0..<18 {
                let body = records[n][..<32] + rows[(n + 1) % 18]
                let sum = EventFileTests.sum(body)
                records[n] =
                    records[n][..<32] + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) } + rows[(n + 1) % 18]
            }
            try Data(bytes[..<header] + records.joined()).write(to: file)
            let moved = try Self.run(model, triplets, in: folder, "moved", cache: cache)
            #expect(moved.notes.count == 1 && moved.log != expected.log)
        }
    }

    @Test("Without frozen blocks nothing is cached; a folder that cannot be made is told of, and training continues")
    func none() async throws {
        try await Self.withCache(4) { model, triplets, folder, cache in
            let all = try Self.run(model, triplets, in: folder, "all", cache: cache) { $0.layers = nil }
            #expect(all.notes.isEmpty && !FileManager.default.fileExists(atPath: cache.path))
            let expected = try Self.run(model, triplets, in: folder, "expected", cache: nil)
            let nowhere = try Self.run(model, triplets, in: folder, "nowhere", cache: URL(filePath: "/proc/cache"))
            #expect(nowhere.checkpoint == expected.checkpoint)
            #expect(nowhere.notes.count == 1 && nowhere.notes[0].contains("/proc/cache"))
        }
    }

    @Test("An image that is changed between runs is computed anew")
    func changed() async throws {
        try await Self.withCache(4) { model, triplets, folder, cache in
            _ = try Self.run(model, triplets, in: folder, "before", cache: cache)
            try TinyModels.image(77).write(
                to: URL(filePath: "\(triplets.0[0].left)"))
            let cached = try Self.run(model, triplets, in: folder, "cached", cache: cache)
            let computed = try Self.run(model, triplets, in: folder, "computed", cache: nil)
            #expect(cached.checkpoint == computed.checkpoint)
        }
    }
}

import DreamSim
import DreamSimCheckpoints
import DreamSimTensors
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Loading and the merged file")
struct LoadingTests {
    static func withHome(_ body: (URL) async throws -> Void) async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        try await body(home)
    }

    static func mergedFiles(_ home: URL) -> [URL] {
        (try? FileManager.default.contentsOfDirectory(
            at: home.appending(path: "merged"), includingPropertiesForKeys: nil)) ?? []
    }

    @Test("A first load keeps a merged file, and the next load is the same model from it")
    func mergedFile() async throws {
        try await Self.withHome { home in
            let url = try TinyModels.write(TinyModels.json(["dino", "clip"]), to: home)
            let options = TinyModels.options(home: home)
            let first = try await PerceptualModel.load(url.path, options: options)
            let files = Self.mergedFiles(home)
            #expect(files.count == 1)
            let before = try Data(contentsOf: files[0])
            let second = try await PerceptualModel.load(url.path, options: options)
            #expect(first.stamp == second.stamp)
            let image = TinyModels.image(1)
            #expect(first.embed(image) == second.embed(image))
            #expect(try Data(contentsOf: files[0]) == before)
            var without = options
            without.keepsMergedFile = false
            #expect(try await PerceptualModel.load(url.path, options: without).embed(image) == first.embed(image))
        }
    }

    @Test(
        "A model in integers takes a smaller file, is near, is kept apart, and is the same without a file",
        arguments: [Precision.int16, .int8])
    func integers(precision: Precision) async throws {
        try await Self.withHome { home in
            let url = try TinyModels.write(TinyModels.json(["dino", "clip"]), to: home)
            var options = TinyModels.options(home: home)
            let single = try await PerceptualModel.load(url.path, options: options)
            let size = try Data(contentsOf: #require(Self.mergedFiles(home).first)).count
            options.precision = precision
            let rounded = try await PerceptualModel.load(url.path, options: options)
            let sizes = try Self.mergedFiles(home).map { try Data(contentsOf: $0).count }
            #expect(sizes.count == 2 && (sizes.min() ?? size) < size)
            let (a, b) = (TinyModels.image(1), TinyModels.image(2))
            let difference = try abs(rounded.distance(a, b) - single.distance(a, b))
            #expect(difference > 0 && difference < (precision == .int16 ? 1e-3 : 2e-2), "\(difference)")
            #expect(rounded.stamp.precision == precision && rounded.stamp.shortWeights.hasSuffix(precision.rawValue))
            #expect(throws: DreamSimError.self) { try rounded.embed(a).distance(to: single.embed(a)) }
            let file = try #require(Self.mergedFiles(home).first { $0.path.contains("-\(precision.rawValue).") })
            // The weights are the same ones, whatever they are rounded to.
            #expect(rounded.stamp.weights == single.stamp.weights)
            options.keepsMergedFile = false
            #expect(try await PerceptualModel.load(url.path, options: options).embed(a) == rounded.embed(a))
            // A merged file in float32 is rounded as the model it was made of.
            options.precision = precision
            let exact = try #require(
                Self.mergedFiles(home).first { !$0.path.contains("-int") })
            #expect(try await PerceptualModel.load(exact.path, options: options).embed(a) == rounded.embed(a))
            // By its path a merged file brings its precision along, and does not take another.
            options.precision = nil
            #expect(try await PerceptualModel.load(file.path, options: options).embed(a) == rounded.embed(a))
            for other in [Precision.float32, precision == .int16 ? .int8 : .int16] {
                options.precision = other
                let error = await #expect(throws: DreamSimError.self) {
                    try await PerceptualModel.load(file.path, options: options)
                }
                #expect(error?.problem.contains("rounded to \(precision.rawValue)") == true)
            }
        }
    }

    @Test("A folder in the place of a file of weights is named, and not called missing")
    func folderOfWeights() async throws {
        try await Self.withHome { home in
            let place = home.appending(path: "weights/lost.pth")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let needs = WeightNeeds(name: "own", files: [["lost.pth"]], sources: [], license: "none")
            var configuration = ModelStore.Configuration(home: home)
            configuration.isOffline = true
            let store = ModelStore(configuration)
            let error = await #expect(throws: DreamSimError.self) { try await needs.fetch(store) }
            #expect(error?.problem.hasPrefix("is a folder") == true, "\(error as Any)")
        }
    }

    @Test("A damaged merged file is made anew", arguments: [0, 7, 100, 3000, nil])
    func damaged(length: Int?) async throws {
        try await Self.withHome { home in
            let url = try TinyModels.write(TinyModels.json(["dino"]), to: home)
            let options = TinyModels.options(home: home)
            let model = try await PerceptualModel.load(url.path, options: options)
            let file = try #require(Self.mergedFiles(home).first)
            let whole = try Data(contentsOf: file)
            // Replaced, not cut: the first model still maps the old file.
            try FileManager.default.removeItem(at: file)
            try (length.map { whole.prefix($0) } ?? Self.flipped(whole)).write(to: file)
            let again = try await PerceptualModel.load(url.path, options: options)
            #expect(again.embed(TinyModels.image(2)) == model.embed(TinyModels.image(2)))
            #expect(try Data(contentsOf: file) == whole)
        }
    }

    @Test("Other weights under the same name have another hash and another merged file")
    func changedWeights() async throws {
        try await Self.withHome { home in
            let file = home.appending(path: "w.safetensors")
            try FileManager.default.copyItem(at: Fixtures.file("tiny/dino.safetensors"), to: file)
            let url = try TinyModels.write(TinyModels.json(["dino"]) { _ in file.path }, to: home)
            let first = try await PerceptualModel.load(url.path, options: TinyModels.options(home: home))
            let checkpoint = try Checkpoint(contentsOf: file)
            let tensors = try checkpoint.names.map { name in
                var tensor = try checkpoint.tensor(name)
                if name == "cls_token" { tensor.withUnsafeMutableBufferPointer { $0[0] += 0.5 } }
                return (name: name, tensor: tensor)
            }
            try SafetensorsWriter.write(tensors, metadata: [:], to: file)
            let second = try await PerceptualModel.load(url.path, options: TinyModels.options(home: home))
            #expect(first.stamp.weights != second.stamp.weights)
            #expect(Self.mergedFiles(home).count == 2)
            #expect(throws: DreamSimError.self) {
                try first.embed(TinyModels.image(1)).distance(to: second.embed(TinyModels.image(1)))
            }
        }
    }

    @Test("A converted model is one file that needs nothing else")
    func conversion() async throws {
        try await Self.withHome { home in
            let url = try TinyModels.write(TinyModels.json(["dino", "open_clip"]), to: home)
            let options = TinyModels.options(home: home)
            let model = try await PerceptualModel.load(url.path, options: options)
            let file = home.appending(path: "whole.safetensors")
            try PerceptualModel.convert(
                ModelDescription(contentsOf: url), store: ModelStore(options.store), to: file)
            try FileManager.default.removeItem(at: url)
            let converted = try await PerceptualModel.load(file.path, options: options)
            #expect(converted.stamp == model.stamp)
            #expect(converted.embed(TinyModels.image(3)) == model.embed(TinyModels.image(3)))
            // There is nothing that it could be made anew from.
            let damaged = home.appending(path: "damaged.safetensors")
            try Self.flipped(Data(contentsOf: file)).write(to: damaged)
            let error = await #expect(throws: DreamSimError.self) {
                try await PerceptualModel.load(damaged.path, options: options)
            }
            #expect(error?.kind == .badWeights && error?.subject == damaged.path)
        }
    }

    /// A file with one bit of its last number changed.
    private static func flipped(_ data: Data) -> Data {
        var data = data
        data[data.endIndex - 3] ^= 1
        return data
    }

    @Test("A file of weights that is no merged model is refused with advice")
    func notMerged() async throws {
        try await Self.withHome { home in
            let error = try await #require(throws: DreamSimError.self) {
                try await PerceptualModel.load(
                    Fixtures.file("tiny/dino.safetensors").path, options: TinyModels.options(home: home))
            }
            #expect(error.kind == .badMergedFile)
        }
    }

    @Test("A merged file of another version is refused with advice")
    func otherVersion() async throws {
        try await Self.withHome { home in
            let file = home.appending(path: "future.safetensors")
            try SafetensorsWriter.write(
                [("0.norm.weight", Tensor(zeros: [4]))],
                metadata: ["format": "dreamsim-merged", "version": "999", "model": "{}"], to: file)
            let error = try await #require(throws: DreamSimError.self) {
                try await PerceptualModel.load(file.path, options: TinyModels.options(home: home))
            }
            #expect(error.kind == .badMergedFile && error.reason.contains("999"))
        }
    }

    @Test(
        "A merged file that describes a network which cannot be is refused",
        arguments: [
            #""configuration": {"width": 9223372036854775807, "heads": 1}, "feature": "cls_patch""#,
            #""configuration": {"width": 8, "heads": 0}, "feature": "cls""#,
            #""configuration": {"width": 8, "heads": 2, "patchSize": 0}, "feature": "cls""#,
            #""statistics": {"network": "vgg16", "taps": ["relu1_2"], "side": 0}"#,
            #""statistics": {"network": "vgg16", "taps": ["relu1_2"], "side": 4611686018427387904}"#,
            #""statistics": {"network": "vgg16", "taps": ["relu5_3", "relu1_2"]}"#,
            #""statistics": {"network": "vgg16", "taps": ["relu1_2", "relu1_2"]}"#,
        ])
    func impossibleNetwork(part: String) async throws {
        var sound = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(TinyModels.configuration("dino")))
                as? [String: Any])
        var json = try #require(
            JSONSerialization.jsonObject(with: Data("{\(part), \"name\": \"p\", \"files\": []}".utf8))
                as? [String: Any])
        if let changed = json["configuration"] as? [String: Any] {
            sound.merge(changed) { $1 }
            json["configuration"] = sound
        }
        let data = try JSONSerialization.data(withJSONObject: json)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ModelDescription.Part.self, from: data) }
    }

    @Test("Weights that hold NaN or infinity are refused by their name", arguments: [Float.nan, .infinity])
    func notFinite(value: Float) async throws {
        try await Self.withHome { home in
            let checkpoint = try Checkpoint(contentsOf: Fixtures.file("tiny/dino.safetensors"))
            let tensors = try checkpoint.names.map { name in
                var tensor = try checkpoint.tensor(name)
                if name == "norm.bias" { tensor.withUnsafeMutableBufferPointer { $0[3] = value } }
                return (name: name, tensor: tensor)
            }
            let file = home.appending(path: "broken.safetensors")
            try SafetensorsWriter.write(tensors, metadata: [:], to: file)
            let url = try TinyModels.write(TinyModels.json(["dino"]) { _ in file.path }, to: home)
            let error = try #require(
                await #expect(throws: DreamSimError.self) {
                    _ = try await PerceptualModel.load(url.path, options: TinyModels.options(home: home))
                })
            #expect(error.kind == .malformed && "\(error)".contains("norm.bias"))
        }
    }

    @Test("A cache that cannot be written slows the next start and breaks nothing")
    func unwritableCache() async throws {
        try await Self.withHome { home in
            let url = try TinyModels.write(TinyModels.json(["dino"]), to: home)
            // A file where the folder should be, which stops even root.
            let blocked = home.appending(path: "home")
            try FileManager.default.createDirectory(at: blocked, withIntermediateDirectories: true)
            try Data().write(to: blocked.appending(path: "merged"))
            let notes = Mutex(0)
            let model = try await PerceptualModel.load(url.path, options: TinyModels.options(home: blocked)) { event in
                if case .note = event { notes.withLock { $0 += 1 } }
            }
            #expect(notes.withLock { $0 } == 1)
            #expect(model.embed(TinyModels.image(1)).values.allSatisfy { $0.isFinite })
        }
    }

    @Test("A side that the patches do not divide is refused")
    func badSide() async throws {
        try await Self.withHome { home in
            let url = try TinyModels.write(TinyModels.json(["dino"]), to: home)
            var options = TinyModels.options(home: home)
            options.preprocessing.side = 60
            let error = try await #require(throws: DreamSimError.self) {
                try await PerceptualModel.load(url.path, options: options)
            }
            #expect(error.kind == .badSetting)
        }
    }

    @Test(
        "A pipe in the place of a small file is refused at once, and so is a file that is too large",
        .timeLimit(.minutes(1)))
    func pipes() throws {
        try Fixtures.withTemporaryFolder { home in
            let pipe = home.appending(path: "model.json")
            #expect(mkfifo(pipe.path, 0o600) == 0)
            func problem(_ body: () throws -> Void) -> String {
                do {
                    try body()
                    return "no error"
                } catch {
                    return "\(error)"
                }
            }
            let large = home.appending(path: "large.json")
            try Data(count: 2 << 20).write(to: large)
            for (url, word) in [(pipe, "a pipe"), (large, "pass the limit")] {
                #expect(problem { _ = try ModelDescription(contentsOf: url) }.contains(word))
            }
            let identity = MetricColumn(PixelMetric.mse, decoding: .standard).identity
            #expect(problem { _ = try MetricProfile(contentsOf: pipe, of: identity) }.contains("a pipe"))
        }
    }
}

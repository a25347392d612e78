import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Models with a head after their embedding.
@Suite("Models with heads", .serialized)
struct HeadTests {
    /// DINO and CLIP, 80 components.
    static func load(
        _ folder: URL, head: URL? = nil, isNormalized: Bool = true, feature: String? = nil,
        families: [String] = ["dino", "clip"]
    ) async throws -> PerceptualModel {
        var options = TinyModels.options(home: folder, isNormalized: isNormalized)
        options.head = head
        let json = try TinyModels.json(families, feature: feature)
        return try await PerceptualModel.load(TinyModels.write(json, to: folder).path, options: options)
    }

    static func head(width: Int = 80, seed: UInt64 = 1) throws -> EmbeddingHead {
        var generator = SeededGenerator(state: seed)
        return try EmbeddingHead(
            EmbeddingHead.shapes(width: width, hiddenWidth: 16).sorted { $0.key < $1.key }.reduce(into: [:]) {
                all, entry in
                all[entry.key] = Tensor(
                    (0..<entry.value.count).map { _ in Float.random(in: -0.4...0.4, using: &generator) },
                    shape: entry.value)
            })
    }

    static func write(_ head: EmbeddingHead, _ folder: URL, _ name: String = "head", weights: String? = nil) throws
        -> URL
    {
        let file = folder.appending(path: "\(name).safetensors")
        if let weights {
            try head.write(to: file, origin: EmbeddingHead.Origin(model: "other", weights: weights))
        } else {
            try SafetensorsWriter.write(head.tensors.map { (name: $0.key, tensor: $0.value) }, to: file)
        }
        return file
    }

    @Test("The head comes after the joined features and before normalization", arguments: [false, true])
    func place(isNormalized: Bool) async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let head = try Self.head()
            let raw = try await Self.load(folder, isNormalized: false)
            let headed = try await Self.load(folder, head: Self.write(head, folder), isNormalized: isNormalized)
            let image = TinyModels.image(3)
            let features = Tensor(raw.embed(image).values, shape: [1, 80])
            var expected = head.forward(features).output.values
            if isNormalized {
                let mean = expected.reduce(0, +) / 80
                let norm = expected.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
                expected = expected.map { ($0 - mean) / norm }
            }
            let difference = Difference(headed.embed(image).values, expected)
            #expect(difference.maxScaled < 1e-5, "\(difference)")
            #expect(headed.stamp.model == "tiny+head" && headed.width == 80)
        }
    }

    @Test("The gradient of the distance through the head agrees with finite differences", arguments: [false, true])
    func gradient(isNormalized: Bool) async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let model = try await Self.load(
                folder, head: Self.write(Self.head(), folder), isNormalized: isNormalized)
            var generator = SeededGenerator(state: 5)
            let shape: Shape = [1, 3, 64, 64]
            func random(_ range: ClosedRange<Float>) -> Tensor {
                Tensor((0..<shape.count).map { _ in Float.random(in: range, using: &generator) }, shape: shape)
            }
            let (a, b) = (random(0...1), random(0...1))
            let found = try model.distanceAndGradient(a, b)
            let rows = (model.embed(batch: a).rows[0], model.embed(batch: b).rows[0])
            #expect(abs(found.distances[0] - Embedding.cosineDistance(rows.0, rows.1)) < 1e-6)
            for _ in 0..<3 {
                let direction = random(-1...1)
                func distance(_ step: Float) throws -> Double {
                    let moved = Tensor(zip(a.values, direction.values).map { $0 + step * $1 }, shape: shape)
                    return try model.distanceAndGradient(moved, b).distances[0]
                }
                let (h, half): (Float, Float) = (0.01, 0.005)
                let wide = try (distance(h) - distance(-h)) / (2 * Double(h))
                let narrow = try (distance(half) - distance(-half)) / (2 * Double(half))
                let slope = (4 * narrow - wide) / 3
                let gradient = found.gradientA.values
                let actual = zip(gradient, direction.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                let size = (gradient.reduce(0) { $0 + Double($1) * Double($1) } / 3).squareRoot()
                #expect(abs(actual - slope) < 5e-3 * size, "\(actual), by differences \(slope)")
            }
            let target = try model.target(b).distanceAndGradient(a)
            #expect(abs(target.distances[0] - found.distances[0]) < 1e-6)
            #expect(Difference(target.gradient, found.gradientA).relativeL2 < 1e-4)
        }
    }

    @Test("The head changes the weights' hash, so that embeddings with another one are not compared")
    func hash() async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let (one, other) = (
                try Self.write(Self.head(), folder, "one"), try Self.write(Self.head(seed: 2), folder, "two")
            )
            let plain = try await Self.load(folder)
            let models = [try await Self.load(folder, head: one), try await Self.load(folder, head: other)]
            let hashes = [plain.stamp.weights] + models.map(\.stamp.weights)
            #expect(Set(hashes).count == 3 && hashes.allSatisfy { $0.count == 64 })
            #expect(try await Self.load(folder, head: one).stamp == models[0].stamp)
            let image = TinyModels.image(1)
            #expect(throws: DreamSimError.self) {
                try models[0].embed(image).distance(to: models[1].embed(image))
            }
            #expect(throws: DreamSimError.self) { try plain.embed(image).distance(to: models[0].embed(image)) }
        }
    }

    @Test("A head for other weights, of another width, or after pooled tokens that are normalized is refused")
    func refused() async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let plain = try await Self.load(folder)
            let own = try Self.write(Self.head(), folder, "own", weights: plain.stamp.weights)
            _ = try await Self.load(folder, head: own)
            let foreign = try Self.write(Self.head(), folder, "foreign", weights: String(repeating: "0", count: 64))
            let error = try await #require(throws: DreamSimError.self) { try await Self.load(folder, head: foreign) }
            #expect(error.kind == .badHead && error.reason.contains("other") && error.subject == foreign.path)
            let narrow = try Self.write(Self.head(width: 79), folder, "narrow")
            let width = try await #require(throws: DreamSimError.self) { try await Self.load(folder, head: narrow) }
            #expect(width.kind == .shapeMismatch && width.reason.contains("79") && width.reason.contains("80"))
            let pooled = try Self.write(Self.head(width: 96), folder, "pooled")
            let setting = try await #require(throws: DreamSimError.self) {
                try await Self.load(folder, head: pooled, feature: "cls_patch", families: ["dino"])
            }
            #expect(setting.kind == .badSetting && setting.reason.contains("without normalization"))
            let raw = try await Self.load(
                folder, head: pooled, isNormalized: false, feature: "cls_patch", families: ["dino"])
            #expect(raw.width == 96)
            await #expect(throws: (any Error).self) {
                try await Self.load(folder, head: folder.appending(path: "nowhere.safetensors"))
            }
        }
    }

    @Test("A head follows a merged model too, and is none itself")
    func merged() async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let head = try Self.write(Self.head(), folder)
            let expected = try await Self.load(folder, head: head)
            let description = try ModelDescription(contentsOf: folder.appending(path: "model.json"))
            var options = TinyModels.options(home: folder)
            let file = folder.appending(path: "merged.safetensors")
            try PerceptualModel.convert(description, store: ModelStore(options.store), to: file)
            options.head = head
            let model = try await PerceptualModel.load(file.path, options: options)
            #expect(model.stamp == expected.stamp)
            #expect(model.embed(TinyModels.image(1)) == expected.embed(TinyModels.image(1)))
            let error = try await #require(throws: DreamSimError.self) {
                try await PerceptualModel.load(Self.write(Self.head(), folder, "x", weights: "").path, options: options)
            }
            #expect(error.kind == .badMergedFile && error.reason.contains("as the head"))
        }
    }
}

import DreamSim
import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Embeddings and distances")
struct EmbeddingTests {
    static func stamp(_ model: String = "m", normalized: Bool = true) -> ModelStamp {
        ModelStamp(model: model, weights: "w", preprocessing: .standard, isNormalized: normalized)
    }

    @Test("The distance of an embedding from itself is exactly 0", arguments: [3, 512, 1792])
    func same(width: Int) throws {
        var generator = SeededGenerator(state: UInt64(width))
        let values = (0..<width).map { _ in Float.random(in: -1...1, using: &generator) }
        let embedding = Embedding(values: values, stamp: Self.stamp())
        #expect(try embedding.distance(to: embedding) == 0)
    }

    @Test(
        "Distances are 0, 1 and 2 for equal, perpendicular and opposite vectors",
        arguments: [
            ([1, 0], [2, 0], 0.0), ([1, 0], [0, 5], 1.0), ([1, 1], [-3, -3], 2.0), ([0, 0], [1, 0], 1.0),
        ] as [([Float], [Float], Double)])
    func knownAngles(a: [Float], b: [Float], expected: Double) throws {
        let distance = try Embedding(values: a, stamp: Self.stamp())
            .distance(to: Embedding(values: b, stamp: Self.stamp()))
        #expect(abs(distance - expected) < 1e-12)
        #expect((0...2).contains(distance))
    }

    @Test("Embeddings made differently are not compared")
    func incomparable() throws {
        let a = Embedding(values: [1, 0], stamp: Self.stamp())
        for other in [Self.stamp("n"), Self.stamp(normalized: false)] {
            let error = try #require(throws: DreamSimError.self) {
                try a.distance(to: Embedding(values: [1, 0], stamp: other))
            }
            #expect(error.kind == .incomparable)
        }
    }

    @Test("Embeddings in different precisions are compared where that is asked for, and only of one model made one way")
    func acrossPrecisions() throws {
        func embedding(
            _ precision: Precision?, model: String = "m", weights: String = "w", calibration: String? = nil,
            normalized: Bool = true
        ) -> Embedding {
            Embedding(
                values: [1, 0],
                stamp: ModelStamp(
                    model: model, weights: weights, precision: precision, calibration: calibration,
                    preprocessing: .standard, isNormalized: normalized))
        }
        let exact = embedding(nil)
        for other in [embedding(.int16), embedding(.int8, calibration: "c")] {
            let error = try #require(throws: DreamSimError.self) { try exact.distance(to: other) }
            #expect(error.kind == .incomparable && "\(error)".contains("or compare across precisions"))
            #expect(try exact.distance(to: other, acrossPrecisions: true) == 0)
            #expect(!exact.stamp.agrees(with: other.stamp))
            #expect(exact.stamp.agrees(with: other.stamp, acrossPrecisions: true))
        }
        for other in [
            embedding(.int16, model: "n"), embedding(.int16, weights: "v"), embedding(.int16, normalized: false),
        ] {
            let error = try #require(throws: DreamSimError.self) {
                try exact.distance(to: other, acrossPrecisions: true)
            }
            #expect(error.kind == .incomparable && !"\(error)".contains("across precisions"))
        }
    }

    /// Embeds images as what overflowed, but for black ones.
    private struct Overflowing: EmbeddingMetric {
        let value: Float
        let card = MetricCard(
            name: "overflowing", summary: "too much", direction: .lowerIsMoreAlike, lowest: 0, highest: 2,
            size: .square(16), weights: "0")
        let stamp = ModelStamp(
            model: "overflowing", weights: "0", preprocessing: Preprocessing(side: 16), isNormalized: false)
        let width = 2

        func embed(preprocessed images: [Image]) -> [Embedding] {
            images.map { image in
                let isBlack = image.pixels.allSatisfy { $0 == 0 }
                return Embedding(values: [1, isBlack ? 0 : value], stamp: stamp)
            }
        }
    }

    @Test(
        "An embedding that is not finite is an error that names the model, and no number",
        arguments: [Float.nan, .infinity, -.infinity])
    func notFinite(value: Float) throws {
        let model = Overflowing(value: value)
        let (black, gray) = (
            Image(width: 16, height: 16, pixels: Array(repeating: 0, count: 768)),
            Image(width: 16, height: 16, pixels: Array(repeating: 128, count: 768))
        )
        #expect(try model.value(black, black) == 0)
        for (a, b) in [(black, gray), (gray, black), (gray, gray)] {
            let error = try #require(throws: DreamSimError.self) { try model.value(a, b) }
            #expect(error.kind == .badWeights && error.subject == "overflowing")
        }
        try Fixtures.withTemporaryFolder { folder in
            let files = try PairComparerTests.write([black, gray], to: folder)
            let outcomes = model.embed(files: files)
            #expect(outcomes[0].embedding?.values == [1, 0])
            let failure = #expect(throws: DreamSimError.self) { try outcomes[1].result.get() }
            #expect(failure?.subject == "overflowing")
            PairComparer([model]).compare([ImagePair(files[0], files[1]), ImagePair(files[0], files[0])]) { outcome in
                let value = try? outcome.result.get()[0].get()
                #expect(value == (outcome.index == 0 ? nil : 0.0))
            }
        }
    }

    @Test("An ensemble gives the reference's embeddings and distance", arguments: ["raw", "normalized"])
    func ensemble(kind: String) async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let url = try TinyModels.write(TinyModels.json(["dino", "clip", "open_clip"]), to: home)
        let model = try await PerceptualModel.load(
            url.path, options: TinyModels.options(home: home, isNormalized: kind == "normalized"))
        let golden = try Checkpoint(contentsOf: Fixtures.file("tiny/gradients.safetensors"))
        let inputs = try Checkpoint(contentsOf: Fixtures.file("tiny/outputs.safetensors")).tensor("input64")
        let actual = model.embed(batch: inputs).values
        for (n, image) in ["a", "b"].enumerated() {
            let difference = Difference(
                Array(actual[(n * 112)..<((n + 1) * 112)]), try golden.tensor("\(kind).embedding_\(image)").values)
            #expect(difference.relativeL2 < 2e-6, "\(difference)")
        }
        let distance = Embedding.cosineDistance(Array(actual[..<112]), Array(actual[112..<224]))
        #expect(abs(distance - Double(try golden.tensor("\(kind).distance").values[0])) < 1e-6)
    }

    @Test("An image's embedding does not depend on its batch or on the number of threads")
    func independence() async throws {
        try await TinyModels.withModel { model, _ in
            let images = (1...9).map { TinyModels.image($0) }
            let together = model.embed(images)
            for (image, embedding) in zip(images, together) {
                let distance = try model.embed(image).distance(to: embedding)
                #expect(distance < 1e-6)
            }
        }
    }
}

import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import TestSupport
import Testing

/// What the engine leaves out, cuts up and spreads over threads must not be seen in the results.
@Suite("Engine", .serialized)
struct EngineTests {
    /// Random images of the small transformers' size.
    static func images(_ count: Int, side: Int, seed: UInt64 = 1) -> Tensor {
        var generator = SeededGenerator(state: seed)
        return Tensor(
            (0..<(count * 3 * side * side)).map { _ in Float.random(in: 0...1, using: &generator) },
            shape: [count, 3, side, side])
    }

    static func side(_ family: String) -> Int { family.hasPrefix("dinov2") ? 70 : 64 }

    static func image(_ images: Tensor, _ n: Int) -> Tensor {
        let size = images.count / images.shape[0]
        return Tensor(
            images.values[(n * size)..<((n + 1) * size)], shape: Shape([1] + images.shape.dimensions.dropFirst()))
    }

    static func cosineDistance(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
        func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return 1 - dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }

    @Test("The class token alone equals that among all tokens", arguments: GoldenTests.families, 0..<3)
    func classTokenAlone(family: String, block: Int) throws {
        let network = try GoldenTests.network(family)
        let images = Self.images(3, side: Self.side(family))
        let tokens = network.tokens(of: images, through: block)
        let (perImage, width) = (tokens.shape[1], tokens.shape[2])
        let expected = (0..<3).flatMap { tokens.values[($0 * perImage * width)..<($0 * perImage * width + width)] }
        let alone = network.features(Feature(.cls, block: block), of: images, centeringTokens: false)
        let difference = Difference(alone.values, expected)
        #expect(difference.relativeL2 < 2e-6, "\(difference)")
    }

    @Test(
        "Features do not depend on the batch", arguments: GoldenTests.families,
        [Feature(.lastLayer), Feature(.clsPatch)])
    func batches(family: String, feature: Feature) throws {
        let network = try GoldenTests.network(family)
        let images = Self.images(19, side: Self.side(family))
        let together = network.features(feature, of: images, centeringTokens: false)
        let width = together.shape[1]
        for n in 0..<19 {
            let alone = network.features(feature, of: Self.image(images, n), centeringTokens: false)
            let row = together.values[(n * width)..<((n + 1) * width)]
            #expect(Difference(alone.values, Array(row)).relativeL2 < 1e-6)
            let other = together.values[..<width]
            let change = Self.cosineDistance(alone.values[...], other) - Self.cosineDistance(row, other)
            #expect(abs(change) < 1e-6)
        }
    }

    @Test("Features do not depend on the number of threads", arguments: GoldenTests.families)
    func threads(family: String) throws {
        let network = try GoldenTests.network(family)
        let images = Self.images(2, side: Self.side(family))
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = 1
        let alone = network.features(Feature(.lastLayer), of: images, centeringTokens: false)
        for threads in 2...4 {
            Parallel.threads = threads
            let together = network.features(Feature(.lastLayer), of: images, centeringTokens: false)
            #expect(Difference(together.values, alone.values).relativeL2 < 1e-6)
        }
    }

    @Test("Weights packed before give the very same features", arguments: GoldenTests.families)
    func packedWeights(family: String) throws {
        let configuration = try GoldenTests.configuration(family)
        let checkpoint = try Checkpoint(contentsOf: Fixtures.file("tiny/\(family).safetensors"))
        let weights = try WeightSet(checkpoint, for: configuration)
        let packed = weights.packed(for: configuration)
        #expect(packed.tensors["blocks.0.attn.qkv.panels"]?.shape == [9, 48, 16])
        #expect(packed.tensors["blocks.0.attn.qkv.weight"] == nil)
        let images = Self.images(2, side: Self.side(family))
        let features = try [weights, packed, packed.packed(for: configuration)].map {
            try VisionTransformer(configuration, weights: $0)
                .features(Feature(.lastLayer), of: images, centeringTokens: false)
        }
        #expect(features[0] == features[1] && features[1] == features[2])
    }

    @Test("Several callers at once get what each gets alone")
    func callers() async throws {
        let network = try GoldenTests.network("dino")
        let images = Self.images(4, side: 64)
        let expected = network.features(Feature(.lastLayer), of: images, centeringTokens: false)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    network.features(Feature(.lastLayer), of: images, centeringTokens: false) == expected
                }
            }
            for await isEqual in group { #expect(isEqual) }
        }
    }
}

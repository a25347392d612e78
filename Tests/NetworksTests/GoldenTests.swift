import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimTensors
import TestSupport
import Testing

/// The five small transformers whose tokens after every block were recorded with PyTorch.
@Suite("Transformers against PyTorch")
struct GoldenTests {
    static let families = ["dino", "clip", "open_clip", "dinov2", "dinov2_reg4"]

    /// The architecture of the small transformers: width 48, depth 3, 4 heads.
    static func configuration(_ family: String) throws -> VisionTransformerConfiguration {
        let names = [
            "dino": "dino_vitb16", "clip": "clip_vitb16", "open_clip": "open_clip_vitb16",
            "dinov2": "dinov2_vitb14", "dinov2_reg4": "dinov2_vitb14_reg4",
        ]
        var configuration = try #require(names[family].flatMap { Backbone(name: $0) }).configuration
        (configuration.width, configuration.depth, configuration.heads) = (48, 3, 4)
        configuration.mlpWidth = 192
        configuration.positionGrid = family.hasPrefix("dinov2") ? 7 : 4
        if configuration.projectionWidth != nil { configuration.projectionWidth = 32 }
        // Recorded as without registers; the published networks with them resize their positions otherwise.
        (configuration.positionOffset, configuration.positionsAreAntialiased) = (0.1, false)
        return configuration
    }

    static func network(_ family: String, file: String? = nil) throws -> VisionTransformer {
        let configuration = try configuration(family)
        let checkpoint = try Checkpoint(
            contentsOf: Fixtures.file("tiny/" + (file ?? family + ".safetensors")))
        return try VisionTransformer(configuration, weights: WeightSet(checkpoint, for: configuration))
    }

    static func golden() throws -> Checkpoint {
        try Checkpoint(contentsOf: Fixtures.file("tiny/outputs.safetensors"))
    }

    static func input(_ family: String) throws -> Tensor {
        try golden().tensor(family.hasPrefix("dinov2") ? "input70" : "input64")
    }

    @Test("The tokens after every block agree within 2e-5, relatively", arguments: families)
    func tokens(family: String) throws {
        let (network, golden) = (try Self.network(family), try Self.golden())
        var after: [[Float]] = []
        let last = network.tokens(of: try Self.input(family), through: 2) { _, tokens in
            after.append(Array(UnsafeBufferPointer(start: tokens.base, count: tokens.rows * tokens.columns)))
        }
        #expect(after.count == 3)
        for (block, tokens) in after.enumerated() {
            let expected = try golden.tensor("\(family).block\(block)")
            #expect(expected.shape == last.shape)
            let difference = Difference(tokens, expected.values)
            #expect(difference.relativeL2 < 2e-6, "block \(block): \(difference)")
            #expect(difference.maxScaled < 2e-5, "block \(block): \(difference)")
        }
    }

    @Test("The class token after the final norm agrees", arguments: families)
    func lastLayer(family: String) throws {
        let features = try Self.network(family).features(
            Feature(.lastLayer), of: try Self.input(family), centeringTokens: false)
        let difference = Difference(features, try Self.golden().tensor("\(family).last_layer"))
        #expect(difference.maxScaled < 2e-5, "\(difference)")
    }

    @Test("The projected class token agrees", arguments: ["clip", "open_clip"])
    func embedding(family: String) throws {
        let features = try Self.network(family).features(
            Feature(.embedding), of: try Self.input(family), centeringTokens: false)
        let difference = Difference(features, try Self.golden().tensor("\(family).embedding"))
        #expect(difference.maxScaled < 2e-5, "\(difference)")
    }

    @Test("A feature at a chosen block is that block's class token", arguments: families, 0..<3)
    func chosenBlock(family: String, block: Int) throws {
        let features = try Self.network(family).features(
            Feature(.cls, block: block), of: try Self.input(family), centeringTokens: false)
        let tokens = try Self.golden().tensor("\(family).block\(block)")
        let (perImage, width) = (tokens.shape[1], tokens.shape[2])
        let expected = (0..<tokens.shape[0]).flatMap { n in
            Array(tokens.values[(n * perImage * width)..<(n * perImage * width + width)])
        }
        let difference = Difference(features.values, expected)
        #expect(difference.maxScaled < 2e-5, "\(difference)")
    }

    @Test("The patches' mean leaves out the class token and the registers", arguments: families, [false, true])
    func classAndPatches(family: String, centering: Bool) throws {
        let features = try Self.network(family).features(
            Feature(.clsPatch), of: try Self.input(family), centeringTokens: centering)
        let tokens = try Self.golden().tensor("\(family).block2")
        let (perImage, width) = (tokens.shape[1], tokens.shape[2])
        let first = family == "dinov2_reg4" ? 5 : 1
        let values = tokens.values.map(Double.init)
        func token(_ n: Int, _ t: Int) -> [Double] {
            let row = Array(values[((n * perImage + t) * width)..<((n * perImage + t + 1) * width)])
            guard centering else { return row }
            let mean = row.reduce(0, +) / Double(width)
            let norm = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
            return row.map { ($0 - mean) / norm }
        }
        let expected = (0..<tokens.shape[0]).flatMap { n in
            let patches = (first..<perImage).map { token(n, $0) }
            let pooled = (0..<width).map { i in patches.reduce(0) { $0 + $1[i] } / Double(patches.count) }
            return (token(n, 0) + pooled).map { Float($0) }
        }
        let difference = Difference(features.values, expected)
        #expect(difference.maxScaled < 2e-5, "\(difference)")
    }

    @Test(
        "Every torch layout of the same weights gives the same tokens",
        arguments: [
            "dino.pth", "dino_legacy.pth", "dino_parameters.pth", "dino_strided.pth",
        ])
    func layouts(file: String) throws {
        let input = try Self.input("dino")
        #expect(
            try Self.network("dino", file: file).tokens(of: input, through: 2)
                == Self.network("dino").tokens(of: input, through: 2))
    }

    @Test("Half-precision weights stay near", arguments: [("dino_float16.pth", 2e-3), ("dino_bfloat16.pth", 2e-2)])
    func halfPrecision(file: String, tolerance: Double) throws {
        let input = try Self.input("dino")
        let difference = Difference(
            try Self.network("dino", file: file).tokens(of: input, through: 2),
            try Self.network("dino").tokens(of: input, through: 2))
        #expect(difference.relativeL2 < tolerance, "\(difference)")
        #expect(difference.differing > 0)
    }

    @Test("A batch gives what its images give alone")
    func batches() throws {
        let (network, input) = (try Self.network("clip"), try Self.input("clip"))
        let together = network.features(Feature(.embedding), of: input, centeringTokens: false)
        let size = input.count / 3
        for n in 0..<3 {
            let one = Tensor(input.values[(n * size)..<((n + 1) * size)], shape: [1, 3, 64, 64])
            let alone = network.features(Feature(.embedding), of: one, centeringTokens: false)
            let difference = Difference(alone.values, Array(together.values[(n * 32)..<((n + 1) * 32)]))
            #expect(difference.relativeL2 < 1e-6, "\(difference)")
        }
    }
}

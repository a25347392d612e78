import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Small transformers of the newer families, whose tokens were recorded with Hugging Face's transformers and timm, read by
/// their `config.json` and under the names that each library gives its weights. The images are standardized already.
@Suite("Newer transformers against transformers and timm", .serialized)
struct ModernBackboneTests {
    static let families = [
        "dinov2_giant_hf", "dinov3_hf", "dinov3_plus_hf", "dinov3_timm", "siglip_hf", "siglip_timm", "siglip_gap_timm",
        "pe_core_timm", "eva02_timm", "eva02_clip_timm", "so150m_timm",
    ]
    /// One of each architecture.
    static let architectures = [
        "dinov2_giant_hf", "dinov3_hf", "dinov3_plus_hf", "siglip_hf", "siglip_gap_timm", "pe_core_timm", "eva02_timm",
        "eva02_clip_timm", "so150m_timm",
    ]

    static func configuration(_ family: String) throws -> VisionTransformerConfiguration {
        var configuration = try PretrainedConfiguration(
            contentsOf: Fixtures.file("backbones/\(family).config.json")
        ).network()
        (configuration.mean, configuration.standardDeviation) = ([0, 0, 0], [1, 1, 1])
        return configuration
    }

    static func weights(_ family: String) throws -> WeightSet {
        try WeightSet(
            Checkpoint(contentsOf: Fixtures.file("backbones/\(family).safetensors")), for: configuration(family))
    }

    static func network(_ family: String) throws -> VisionTransformer {
        try VisionTransformer(configuration(family), weights: weights(family))
    }

    static func outputs(_ family: String) throws -> Checkpoint {
        try Checkpoint(contentsOf: Fixtures.file("backbones/\(family).outputs.safetensors"))
    }

    /// What was recorded after a block: all tokens, those before the patches first.
    static func recorded(_ outputs: Checkpoint, after block: Int) throws -> Tensor {
        if outputs["hidden.\(block + 1)"] != nil { return try outputs.tensor("hidden.\(block + 1)") }
        let patches = try outputs.tensor("block.\(block).patches")
        guard outputs["block.\(block).prefix"] != nil else { return patches }
        let prefix = try outputs.tensor("block.\(block).prefix")
        let (images, width) = (patches.shape[0], patches.shape[2])
        let values = (0..<images).flatMap { n in
            [prefix, patches].flatMap { part in
                let size = part.shape[1] * width
                return part.values[(n * size)..<((n + 1) * size)]
            }
        }
        return Tensor(values, shape: [images, prefix.shape[1] + patches.shape[1], width])
    }

    @Test("The tokens after every block agree within 2e-5, relatively", arguments: families)
    func tokens(family: String) throws {
        let (network, outputs) = (try Self.network(family), try Self.outputs(family))
        let images = try outputs.tensor("image")
        var blocks = 0
        _ = network.tokens(of: images, through: network.configuration.depth - 1) { block, tokens in
            let found = Array(UnsafeBufferPointer(start: tokens.base, count: tokens.rows * tokens.columns))
            do {
                let difference = Difference(found, try Self.recorded(outputs, after: block).values)
                #expect(difference.relativeL2 < 2e-6, "block \(block): \(difference)")
                #expect(difference.maxScaled < 2e-5, "block \(block): \(difference)")
            } catch {
                Issue.record(error)
            }
            blocks += 1
        }
        #expect(blocks == 3)
    }

    @Test("All tokens after the final norm agree", arguments: families)
    func finalTokens(family: String) throws {
        let (network, outputs) = (try Self.network(family), try Self.outputs(family))
        var tokens = network.tokens(of: try outputs.tensor("image"), through: network.configuration.depth - 1)
        // EVA-02's norm comes after the mean.
        if network.configuration.pooling != .mean(normalizesFirst: false) {
            let (rows, width) = (tokens.shape[0] * tokens.shape[1], tokens.shape[2])
            tokens.withUnsafeMutableBufferPointer {
                let view = MatrixView($0.baseAddress!, rows: rows, columns: width)
                network.finalNorm(view, into: view)
            }
        }
        let name = outputs["tokens"] == nil ? "last_hidden_state" : "tokens"
        let difference = Difference(tokens, try outputs.tensor(name))
        #expect(difference.relativeL2 < 2e-6 && difference.maxScaled < 2e-5, "\(difference)")
    }

    @Test("What the families' users read agrees", arguments: families)
    func pooled(family: String) throws {
        let (network, outputs) = (try Self.network(family), try Self.outputs(family))
        let features = network.features(Feature(.pooled), of: try outputs.tensor("image"), centeringTokens: false)
        let difference = Difference(features, try outputs.tensor("pooled"))
        #expect(difference.relativeL2 < 2e-6 && difference.maxScaled < 2e-5, "\(difference)")
    }

    @Test("The fast paths give what the plain ones do", arguments: architectures)
    func paths(family: String) throws {
        let network = try Self.network(family)
        let images = try Self.outputs(family).tensor("image")
        let tokens = network.tokens(of: images, through: 2)
        let attending = Difference(network.attendingTokens(of: images, through: 2), tokens)
        #expect(attending.relativeL2 < 2e-6, "\(attending)")
        guard network.configuration.hasClassToken else { return }
        let (perImage, width) = (tokens.shape[1], tokens.shape[2])
        let first = (0..<images.shape[0]).flatMap {
            tokens.values[($0 * perImage * width)..<($0 * perImage * width + width)]
        }
        let alone = Difference(network.features(Feature(.cls), of: images, centeringTokens: false).values, first)
        #expect(alone.relativeL2 < 2e-6, "\(alone)")
    }

    @Test(
        "Recorded features are those of the plain pass", arguments: architectures,
        [Feature.Kind.pooled, .patchMean, .cls])
    func recorded(family: String, kind: Feature.Kind) throws {
        let network = try Self.network(family)
        guard Feature(kind).width(in: network.configuration) != nil else { return }
        let images = try Self.outputs(family).tensor("image")
        let plain = network.features(Feature(kind), of: images, centeringTokens: false)
        for recomputes in [false, true] {
            let recording = Recording(
                network, Feature(kind), of: images, centeringTokens: false, recomputes: recomputes)
            let difference = Difference(recording.features, plain)
            #expect(difference.relativeL2 < 2e-6, "\(difference)")
        }
    }

    @Test(
        "The size that timm trained with is where its configurations state it",
        arguments: [
            (#"{"architecture": "vit_base_patch16_siglip_384", "pretrained_cfg": {"input_size": [3, 384, 384]}}"#, 24),
            (
                #"""
                {"architecture": "vit_base_patch16_siglip_384", "model_args": {"img_size": 256},
                "pretrained_cfg": {"input_size": [3, 384, 384]}}
                """#, 16
            ),
            (
                #"{"architecture": "vit_so150m_patch16_reg4_gap_256", "pretrained_cfg": {"input_size": [3, 256, 256]}}"#,
                16
            ),
            (#"{"architecture": "eva02_base_patch14_448", "pretrained_cfg": {"input_size": [3, 448, 448]}}"#, 32),
            (#"{"architecture": "vit_base_patch16_siglip_224", "pretrained_cfg": {"input_size": [3, 1e300]}}"#, 14),
            (#"{"architecture": "vit_base_patch16_siglip_224"}"#, 14),
        ])
    func trainedSize(text: String, grid: Int) throws {
        try Fixtures.withTemporaryFolder { folder in
            let file = folder.appending(path: "config.json")
            try Data(text.utf8).write(to: file)
            #expect(try PretrainedConfiguration(contentsOf: file).network().positionGrid == grid)
        }
    }

    @Test(
        "The images' gradient agrees with finite differences", arguments: architectures,
        [Feature.Kind.pooled, .patchMean, .cls])
    func imageGradient(family: String, kind: Feature.Kind) throws {
        let (network, feature) = (try Self.network(family), Feature(kind))
        guard feature.width(in: network.configuration) != nil else { return }
        let images = try Self.outputs(family).tensor("image")
        func recording(_ images: Tensor, recomputes: Bool = false) -> Recording {
            Recording(
                network, feature, of: images, centeringTokens: false,
                tuning: LoRATuning(RecordingTests.updates(width: 64), scale: 0.5), recomputes: recomputes)
        }
        let recorded = recording(images)
        let weights = RecordingTests.random(recorded.features.shape, seed: 1)
        let packed = BackwardWeights(network)
        let gradient = try #require(
            recorded.backward(weights, through: packed, wanting: .images, into: WeightGradients()))
        #expect(
            recording(images, recomputes: true)
                .backward(weights, through: packed, wanting: .images, into: WeightGradients()) == gradient)
        for seed in 2...4 as ClosedRange<UInt64> {
            let direction = RecordingTests.random(images.shape, seed: seed)
            let expected = RecordingTests.slope(step: 0.02) { step in
                RecordingTests.dot(
                    recording(RecordingTests.moved(images, along: direction, by: step)).features, weights)
            }
            let size = (RecordingTests.dot(gradient, gradient) / 3).squareRoot()
            #expect(abs(RecordingTests.dot(gradient, direction) - expected) < 2e-3 * size, "\(seed)")
        }
    }

    @Test("Every weight's gradient agrees with finite differences", arguments: architectures)
    func weightGradients(family: String) throws {
        let (configuration, base) = (try Self.configuration(family), try Self.weights(family))
        let (network, feature) = (try VisionTransformer(configuration, weights: base), Feature(.pooled))
        #expect(network.weights.mapValues(\.values) == base.tensors.mapValues(\.values))
        let images = try Self.outputs(family).tensor("image")
        let recording = Recording(network, feature, of: images, centeringTokens: false)
        let weights = RecordingTests.random(recording.features.shape, seed: 1)
        let sums = WeightGradients()
        recording.backward(weights, through: BackwardWeights(network), wanting: .weights, into: sums)
        #expect(Set(sums.tensors.keys) == Set(base.tensors.keys))
        for (name, gradient) in sums.tensors.sorted(by: { $0.key < $1.key }) {
            let tensor = try #require(base.tensors[name])
            #expect(gradient.shape == network.weights[name]?.shape, "\(name)")
            let direction = RecordingTests.random(tensor.shape, seed: 9)
            let expected = try RecordingTests.slope(step: 0.01) { step in
                var tensors = base.tensors
                tensors[name] = RecordingTests.moved(tensor, along: direction, by: step)
                let other = try VisionTransformer(configuration, weights: WeightSet(origin: "moved", tensors: tensors))
                return RecordingTests.dot(other.features(feature, of: images, centeringTokens: false), weights)
            }
            let actual = RecordingTests.dot(gradient, direction)
            let size = max((RecordingTests.dot(gradient, gradient) / 3).squareRoot(), 1e-2)
            #expect(abs(actual - expected) < 5e-3 * size, "\(name): \(actual), by differences \(expected)")
        }
    }

    @Test(
        "The factors' gradients agree with finite differences",
        arguments: ["dinov3_hf", "siglip_hf", "eva02_clip_timm"])
    func factors(family: String) throws {
        let network = try Self.network(family)
        let images = try Self.outputs(family).tensor("image")
        func recording(_ updates: [Int: LoRAAdapter.Update]) -> Recording {
            Recording(
                network, Feature(.pooled), of: images, centeringTokens: false, tuning: LoRATuning(updates, scale: 0.5))
        }
        let recorded = recording(RecordingTests.updates(width: 64))
        let weights = RecordingTests.random(recorded.features.shape, seed: 1)
        let sums = WeightGradients()
        recorded.backward(weights, through: BackwardWeights(network), wanting: .updates, into: sums)
        try RecordingTests.checkFactors(RecordingTests.updates(width: 64), sums, weights: weights) {
            recording($0).features
        }
    }

    @Test("What an image is read from divides its attention among all of it", arguments: architectures)
    func attention(family: String) throws {
        let network = try Self.network(family)
        let images = try Self.outputs(family).tensor("image")
        for summary in [AttentionSummary.lastBlock, .rollout] {
            for shares in network.attention(summary, of: images, through: nil) {
                #expect(shares.count == network.grid(height: images.shape[2], width: images.shape[3]).count)
                #expect(shares.allSatisfy { $0 > 0 })
                // What goes to class token and registers is left out.
                let sum = shares.reduce(0, +)
                #expect(network.configuration.prefixTokens == 0 ? abs(sum - 1) < 1e-6 : sum < 1)
            }
        }
    }

    @Test("A description of them is read as it was written, and an old one stays as it was")
    func coding() throws {
        for family in Self.families {
            let configuration = try Self.configuration(family)
            let data = try JSONEncoder().encode(configuration)
            #expect(try JSONDecoder().decode(VisionTransformerConfiguration.self, from: data) == configuration)
        }
        // The stamps of embeddings hash this: no key may come to those that were there before.
        let old = try JSONEncoder().encode(try #require(Backbone(name: "clip_vitb16")).configuration)
        let keys = try #require(JSONSerialization.jsonObject(with: old) as? [String: Any]).keys.sorted()
        #expect(
            keys == [
                "activation", "depth", "hasLayerScale", "hasPreNorm", "heads", "layerNormEpsilon", "mean", "mlpWidth",
                "patchSize", "positionGrid", "positionOffset", "projectionWidth", "registers", "standardDeviation",
                "width",
            ])
    }
}

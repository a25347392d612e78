import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Networks whose linear layers compute with integers, beside the same in float32.
@Suite("Transformers in integers", .serialized)
struct IntegerNetworkTests {
    static let precisions = [Precision.int16, .int8]

    static func network(_ family: String, _ feature: Feature, _ precision: Precision) throws -> VisionTransformer {
        let configuration = try GoldenTests.configuration(family)
        let checkpoint = try Checkpoint(contentsOf: Fixtures.file("tiny/" + family + ".safetensors"))
        return try VisionTransformer(
            configuration,
            weights: WeightSet(checkpoint, for: configuration)
                .packed(for: configuration, reading: feature, in: precision))
    }

    @Test(
        "Features stay near those in float32", arguments: GoldenTests.families,
        [Feature(.cls), Feature(.lastLayer), Feature(.clsPatch), Feature(.cls, block: 1)])
    func features(family: String, feature: Feature) throws {
        let input = try GoldenTests.input(family)
        let exact = try GoldenTests.network(family).features(feature, of: input, centeringTokens: false)
        // Random weights and a width of 48 leave no room for errors to average out; measured are .0021 and .038 at most.
        for (precision, bound) in [(Precision.int16, 3e-3), (.int8, 5e-2)] {
            let found = try Self.network(family, feature, precision).features(
                feature, of: input, centeringTokens: false)
            let difference = Difference(found.values, exact.values)
            #expect(difference.relativeL2 < bound && difference.relativeL2 > 0, "\(precision): \(difference)")
        }
    }

    @Test("Whatever is read besides takes the same integers", arguments: precisions)
    func otherWays(precision: Precision) throws {
        let (feature, input) = (Feature(.clsPatch), try GoldenTests.input("dinov2"))
        let network = try Self.network("dinov2", feature, precision)
        let tokens = network.tokens(of: input, through: 2)
        // With attention's weights at hand its results are not rounded head by head, but as they lie.
        let attending = network.attendingTokens(of: input, through: 2)
        let bound = precision == .int16 ? 3e-3 : 5e-2
        #expect(Difference(attending.values, tokens.values).relativeL2 < bound)
        // A class token alone, of a block that computes with integers, is that among all tokens.
        let classTokens = network.features(Feature(.cls), of: input, centeringTokens: false).values
        let (count, width) = (tokens.shape[1], tokens.shape[2])
        let expected = (0..<input.shape[0]).flatMap { n in
            Array(tokens.values[(n * count * width)..<(n * count * width + width)])
        }
        #expect(classTokens == expected)
    }

    @Test("Every batch size and number of threads gives the same bits", arguments: Precision.allCases)
    func sameBits(precision: Precision) throws {
        let network = try Self.network("open_clip", Feature(.cls), precision)
        let side = 64
        let count = 11
        let images = Tensor(
            (0..<(count * 3 * side * side)).map { Float($0 * 7919 % 256) / 255 }, shape: [count, 3, side, side])
        func features(_ range: Range<Int>) -> [Float] {
            let one = 3 * side * side
            let part = Tensor(
                images.values[(range.lowerBound * one)..<(range.upperBound * one)], shape: [range.count, 3, side, side])
            return network.features(Feature(.cls), of: part, centeringTokens: false).values
        }
        let together = features(0..<count)
        #expect((0..<count).flatMap { features($0..<($0 + 1)) } == together)
        let threads = Parallel.threads
        defer { Parallel.threads = threads }
        for number in [1, 2, 3, 5] {
            Parallel.threads = number
            #expect(features(0..<count) == together, "\(number) threads")
        }
    }

    @Test("Integers that do not fit the network are refused", arguments: precisions)
    func refused(precision: Precision) throws {
        let configuration = try GoldenTests.configuration("dino")
        let checkpoint = try Checkpoint(contentsOf: Fixtures.file("tiny/dino.safetensors"))
        let whole = try WeightSet(checkpoint, for: configuration)
            .packed(for: configuration, reading: Feature(.cls), in: precision)
        let layer = "blocks.0.mlp.fc1"
        func error(_ change: (inout [String: Tensor], inout [String: IntegerTensor]) -> Void) throws -> DreamSimError {
            var (tensors, integers) = (whole.tensors, whole.integers)
            change(&tensors, &integers)
            return try #require(throws: DreamSimError.self) {
                try VisionTransformer(
                    configuration, weights: WeightSet(origin: "test", tensors: tensors, integers: integers))
            }
        }
        let missing = try error { tensors, _ in tensors[layer + ".scales"] = nil }
        #expect(missing.kind == .missingWeight && missing.key == layer + ".scales")
        let other = try error { _, integers in integers[layer + ".panels"] = integers["blocks.0.attn.proj.panels"] }
        #expect(other.kind == .shapeMismatch && other.key == layer + ".panels")
        // Blocks that fit the shape, but not the memory that rounded rows have.
        let narrow = IntegerPanels(
            rounding: Tensor(zeros: [192, 48]), to: precision, block: 20)
        let odd = try error { tensors, integers in
            integers[layer + ".panels"] = narrow.integers
            tensors[layer + ".scales"] = narrow.scales
        }
        #expect(odd.kind == .shapeMismatch)
        let scales = try error { tensors, _ in tensors[layer + ".scales"] = tensors["blocks.0.attn.proj.scales"] }
        #expect(scales.kind == .shapeMismatch)
    }
}

import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import TestSupport
import Testing

/// The passes that remember against those that do not, and the gradients of whole networks against finite differences.
@Suite("Recorded passes", .serialized)
struct RecordingTests {
    static let kinds = [Feature(.cls), Feature(.lastLayer), Feature(.clsPatch), Feature(.cls, block: 1)]

    static func weights(_ family: String) throws -> WeightSet {
        let configuration = try GoldenTests.configuration(family)
        return try WeightSet(Checkpoint(contentsOf: Fixtures.file("tiny/\(family).safetensors")), for: configuration)
    }

    static func random(_ shape: Shape, seed: UInt64, _ range: ClosedRange<Float> = -1...1) -> Tensor {
        var generator = SeededGenerator(state: seed)
        return Tensor((0..<shape.count).map { _ in Float.random(in: range, using: &generator) }, shape: shape)
    }

    /// Low-rank updates of every block, neither half zero.
    static func updates(rank: Int = 4, width: Int = 48) -> [Int: LoRAAdapter.Update] {
        Dictionary(
            uniqueKeysWithValues: (0..<3).map { block in
                let seed = UInt64(100 + block)
                return (
                    block,
                    LoRAAdapter.Update(
                        down: random([rank, width], seed: seed, -0.2...0.2),
                        up: random([3 * width, rank], seed: seed + 10, -0.2...0.2))
                )
            })
    }

    static func dot(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    static func moved(_ tensor: Tensor, along direction: Tensor, by step: Float) -> Tensor {
        Tensor(zip(tensor.values, direction.values).map { $0 + step * $1 }, shape: tensor.shape)
    }

    /// The derivative along a direction by Richardson's extrapolation of central differences.
    static func slope(step: Float, _ f: (Float) throws -> Double) rethrows -> Double {
        func central(_ h: Float) throws -> Double { (try f(h) - f(-h)) / (2 * Double(h)) }
        return (4 * (try central(step / 2)) - (try central(step))) / 3
    }

    @Test("Features are those of the plain pass", arguments: GoldenTests.families, kinds)
    func features(family: String, feature: Feature) throws {
        let network = try GoldenTests.network(family)
        let images = EngineTests.images(3, side: EngineTests.side(family))
        for (centering, recomputes) in [(false, false), (true, false), (false, true)] {
            let recording = Recording(
                network, feature, of: images, centeringTokens: centering, recomputes: recomputes)
            let plain = network.features(feature, of: images, centeringTokens: centering)
            let difference = Difference(recording.features, plain)
            #expect(difference.relativeL2 < 2e-6, "\(difference)")
        }
    }

    @Test("A low-rank update beside the weights is one merged into them", arguments: GoldenTests.families)
    func updateBeside(family: String) throws {
        let (configuration, base) = (try GoldenTests.configuration(family), try Self.weights(family))
        var tensors = base.tensors
        for (block, update) in Self.updates() {
            let name = "blocks.\(block).attn.qkv.weight"
            var merged = try #require(tensors[name]).values
            let (up, down) = (update.up.values, update.down.values)
            for o in 0..<144 {
                for i in 0..<48 { for k in 0..<4 { merged[o * 48 + i] += 0.5 * up[o * 4 + k] * down[k * 48 + i] } }
            }
            tensors[name] = Tensor(merged, shape: [144, 48])
        }
        let images = EngineTests.images(2, side: EngineTests.side(family))
        let merged = try VisionTransformer(configuration, weights: WeightSet(origin: "merged", tensors: tensors))
        let recording = Recording(
            try VisionTransformer(configuration, weights: base), Feature(.lastLayer), of: images,
            centeringTokens: false, tuning: LoRATuning(Self.updates(), scale: 0.5))
        let difference = Difference(
            recording.features, merged.features(Feature(.lastLayer), of: images, centeringTokens: false))
        #expect(difference.relativeL2 < 2e-6, "\(difference)")
    }

    @Test("Computing blocks again gives the very same gradients", arguments: GoldenTests.families)
    func recomputing(family: String) throws {
        let network = try GoldenTests.network(family)
        let images = EngineTests.images(2, side: EngineTests.side(family))
        let packed = BackwardWeights(network)
        for feature in Self.kinds {
            let results = [false, true].map { recomputes -> (Tensor?, [String: Tensor]) in
                let recording = Recording(
                    network, feature, of: images, centeringTokens: false,
                    tuning: LoRATuning(Self.updates(), scale: 0.5, dropout: Dropout(probability: 0.2, seed: 3)),
                    recomputes: recomputes)
                let sums = WeightGradients()
                let gradient = recording.backward(
                    Self.random(recording.features.shape, seed: 1), through: packed,
                    wanting: [.images, .updates, .weights], into: sums)
                return (gradient, sums.tensors)
            }
            #expect(results[0].0 == results[1].0)
            #expect(results[0].1 == results[1].1)
        }
    }

    @Test("From a block on, features and the factors' gradients are those of recording everything", arguments: kinds)
    func upperBlocks(feature: Feature) throws {
        let network = try GoldenTests.network("dino")
        let (images, packed) = (EngineTests.images(2, side: 64), BackwardWeights(network))
        let top = feature.block ?? 2
        let tuning = LoRATuning(
            Self.updates().filter { $0.key == top }, scale: 0.5, dropout: Dropout(probability: 0.2, seed: 3))
        #expect(tuning.lowestBlock == top)
        for recomputes in [false, true] {
            let results = [0, top].map { first -> (Tensor, [String: Tensor]) in
                let recording = Recording(
                    network, feature, of: images, centeringTokens: false, tuning: tuning, recomputes: recomputes,
                    firstBlock: first)
                let sums = WeightGradients()
                recording.backward(
                    Self.random(recording.features.shape, seed: 1), through: packed, wanting: .updates, into: sums)
                return (recording.features, sums.tensors)
            }
            #expect(Difference(results[1].0, results[0].0).relativeL2 < 2e-6)
            #expect(results[1].1.count == 2)
            for (name, gradient) in results[0].1 {
                #expect(Difference(try #require(results[1].1[name]), gradient).relativeL2 < 1e-5, "\(name)")
            }
        }
    }

    @Test("The images' gradient agrees with finite differences", arguments: GoldenTests.families, kinds)
    func images(family: String, feature: Feature) throws {
        try images(family: family, feature: feature, centering: false)
        if feature.kind == .clsPatch { try images(family: family, feature: feature, centering: true) }
    }

    private func images(family: String, feature: Feature, centering: Bool) throws {
        let network = try GoldenTests.network(family)
        let images = EngineTests.images(2, side: EngineTests.side(family))
        let recording = Recording(
            network, feature, of: images, centeringTokens: centering, tuning: LoRATuning(Self.updates(), scale: 0.5))
        let weights = Self.random(recording.features.shape, seed: 1)
        let gradient = try #require(
            recording.backward(
                weights, through: BackwardWeights(network), wanting: .images, into: WeightGradients()))
        for seed in 2...4 as ClosedRange<UInt64> {
            let direction = Self.random(images.shape, seed: seed)
            let expected = Self.slope(step: 0.02) { step in
                let moved = Recording(
                    network, feature, of: Self.moved(images, along: direction, by: step), centeringTokens: centering,
                    tuning: LoRATuning(Self.updates(), scale: 0.5))
                return Self.dot(moved.features, weights)
            }
            let size = (Self.dot(gradient, gradient) / 3).squareRoot()
            #expect(abs(Self.dot(gradient, direction) - expected) < 2e-3 * size, "\(seed)")
        }
    }

    @Test("Every weight's gradient agrees with finite differences", arguments: GoldenTests.families, kinds)
    func allWeights(family: String, feature: Feature) throws {
        let (configuration, base) = (try GoldenTests.configuration(family), try Self.weights(family))
        let feature = configuration.projectionWidth != nil && feature.kind == .lastLayer ? Feature(.embedding) : feature
        let network = try VisionTransformer(configuration, weights: base)
        let images = EngineTests.images(2, side: EngineTests.side(family))
        let recording = Recording(network, feature, of: images, centeringTokens: false)
        let weights = Self.random(recording.features.shape, seed: 1)
        let sums = WeightGradients()
        recording.backward(weights, through: BackwardWeights(network), wanting: .weights, into: sums)
        let unused = Set(base.tensors.keys).subtracting(sums.tensors.keys)
        for name in unused {
            let beyond = feature.block != nil && name.hasPrefix("blocks.2.")
            #expect(beyond || ["norm.weight", "norm.bias", "proj"].contains(name), "\(name) has no gradient")
        }
        for (name, gradient) in sums.tensors.sorted(by: { $0.key < $1.key }) {
            let tensor = try #require(base.tensors[name])
            #expect(gradient.count == tensor.count, "\(name)")
            let direction = Self.random(tensor.shape, seed: 9)
            let expected = try Self.slope(step: 0.01) { step in
                var tensors = base.tensors
                tensors[name] = Self.moved(tensor, along: direction, by: step)
                let other = try VisionTransformer(
                    configuration, weights: WeightSet(origin: "moved", tensors: tensors))
                return Self.dot(other.features(feature, of: images, centeringTokens: false), weights)
            }
            let actual = Self.dot(gradient, direction)
            let size = max((Self.dot(gradient, gradient) / 3).squareRoot(), 1e-2)
            #expect(abs(actual - expected) < 5e-3 * size, "\(name): \(actual), by differences \(expected)")
        }
    }

    @Test("The factors' gradients agree with finite differences, with and without dropout", arguments: [0, 0.3])
    func factors(probability: Float) throws {
        let network = try GoldenTests.network("clip")
        let images = EngineTests.images(2, side: 64)
        let dropout = probability > 0 ? Dropout(probability: probability, seed: 11) : nil
        func recording(_ updates: [Int: LoRAAdapter.Update]) -> Recording {
            Recording(
                network, Feature(.embedding), of: images, centeringTokens: false,
                tuning: LoRATuning(updates, scale: 0.5, dropout: dropout))
        }
        let recorded = recording(Self.updates())
        let weights = Self.random(recorded.features.shape, seed: 1)
        let sums = WeightGradients()
        let none = recorded.backward(
            weights, through: BackwardWeights(network), wanting: .updates, into: sums)
        #expect(none == nil && sums.tensors.count == 6)
        try Self.checkFactors(Self.updates(), sums, weights: weights) { recording($0).features }
    }

    /// Whether gradients of low-rank factors agree with finite differences.
    static func checkFactors(
        _ updates: [Int: LoRAAdapter.Update], _ sums: WeightGradients, weights: Tensor,
        features: ([Int: LoRAAdapter.Update]) -> Tensor
    ) throws {
        for (block, update) in updates {
            for half in ["A", "B"] {
                let tensor = half == "A" ? update.down : update.up
                let direction = random(tensor.shape, seed: 5)
                let expected = slope(step: 0.02) { step in
                    let moved = moved(tensor, along: direction, by: step)
                    var updates = updates
                    updates[block] =
                        half == "A"
                        ? LoRAAdapter.Update(down: moved, up: update.up)
                        : LoRAAdapter.Update(down: update.down, up: moved)
                    return dot(features(updates), weights)
                }
                let gradient = try #require(sums.tensors["blocks.\(block).attn.qkv.lora_\(half)"])
                #expect(gradient.shape == tensor.shape)
                let actual = dot(gradient, direction)
                let size = (dot(gradient, gradient) / 3).squareRoot()
                #expect(abs(actual - expected) < 5e-3 * size, "\(block) \(half): \(actual), \(expected)")
            }
        }
    }

    @Test("A batch's gradients are its images' together, also with dropout")
    func batches() throws {
        let network = try GoldenTests.network("dino")
        let (images, packed) = (EngineTests.images(3, side: 64), BackwardWeights(network))
        let tuning = LoRATuning(Self.updates(), scale: 0.5, dropout: Dropout(probability: 0.2, seed: 3))
        let weights = Self.random([3, 48], seed: 1)
        let (together, apart) = (WeightGradients(), WeightGradients())
        Recording(network, Feature(.cls), of: images, centeringTokens: false, tuning: tuning)
            .backward(weights, through: packed, wanting: .updates, into: together)
        for n in 0..<3 {
            let one = Tensor(Array(weights.values[(n * 48)..<((n + 1) * 48)]), shape: [1, 48])
            Recording(
                network, Feature(.cls), of: EngineTests.image(images, n), centeringTokens: false, tuning: tuning,
                firstImage: n
            ).backward(one, through: packed, wanting: .updates, into: apart)
        }
        for (name, sum) in together.tensors {
            #expect(Difference(try #require(apart.tensors[name]), sum).relativeL2 < 1e-6)
        }
    }
}

import DreamSim
import DreamSimCheckpoints
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Whether the weights and the recorded values are on this machine.
private let isReady: Bool = {
    guard Fixtures.shared != nil, let store = try? ModelStore.Configuration.fromEnvironment() else { return false }
    return ["lpips-alex", "lpips-vgg", "dists"].allSatisfy {
        Catalog.needs(of: $0)?.isReady(in: ModelStore(store)) ?? false
    }
}()

/// LPIPS and DISTS with their real weights, which `dreamsim models pull lpips-alex lpips-vgg dists` fetches, against values
/// that the Python packages gave.
@Suite(
    "LPIPS and DISTS, real weights", .serialized,
    .enabled(if: isReady, "SKIPPED: needs the larger golden data and 'models pull lpips-alex lpips-vgg dists'"))
struct LearnedMetricTests {
    static func metric(_ name: String) async throws -> any PerceptualMetric {
        try await MetricCatalog.load(name)
    }

    static func golden(_ key: String) throws -> [Float] {
        let url = try #require(Fixtures.shared).appending(path: "golden/learned_metrics.safetensors")
        return try Checkpoint(contentsOf: url).tensor(key).values
    }

    /// The recorded crop, [3, 96, 128] in [0, 1].
    static func crop(_ key: String) throws -> Image {
        let values = try golden(key)
        let plane = 96 * 128
        let pixels = (0..<plane).flatMap { i in (0..<3).map { c in UInt8((values[c * plane + i] * 255).rounded()) } }
        #expect(
            zip(pixels.indices, pixels).allSatisfy { i, v in abs(Float(v) - values[i % 3 * plane + i / 3] * 255) < 1e-3
            })
        return Image(width: 128, height: 96, pixels: pixels)
    }

    static func isClose(_ value: Double, _ expected: Double, _ tolerance: Double = 1e-4) -> Bool {
        abs(value - expected) <= tolerance * abs(expected)
    }

    @Test(
        "A crop of two photographs, within 1e-4 relative",
        arguments: [
            ("lpips-alex", "lpips_alex.distance"), ("lpips-vgg", "lpips_vgg.distance"),
            ("lpips-alex:v0.0", "alex.v0.0"), ("lpips-vgg:v0.0", "vgg.v0.0"),
            ("lpips-alex:unweighted", "alex.unweighted"), ("lpips-vgg:unweighted", "vgg.unweighted"),
            ("dists:full", "dists.distance"),
        ])
    func crop(name: String, key: String) async throws {
        let metric = try await Self.metric(name)
        let (a, b) = (try Self.crop("a"), try Self.crop("b"))
        let (value, expected) = (try metric.value(a, b), Double(try Self.golden(key)[0]))
        #expect(Self.isClose(value, expected), "\(value) for \(expected)")
        #expect(metric.card.weights?.count == 64)
    }

    @Test(
        "Gradients of a crop are PyTorch's, within 1e-4 relative L2",
        arguments: [("lpips-alex", "lpips_alex"), ("lpips-vgg", "lpips_vgg"), ("dists:full", "dists")])
    func gradients(name: String, key: String) async throws {
        let metric = try Loss.differentiable(try await Self.metric(name))
        let shape: Shape = [1, 3, 96, 128]
        let (a, b) = (Tensor(try Self.golden("a"), shape: shape), Tensor(try Self.golden("b"), shape: shape))
        let found = try metric.distanceAndGradient(a, b)
        #expect(Self.isClose(found.distances[0], Double(try Self.golden("\(key).distance")[0])))
        let difference = Difference(found.gradientA.values, try Self.golden("\(key).grad_a"))
        #expect(difference.relativeL2 <= 1e-4, "\(difference)")
        // The same with the target kept, and with the images exchanged.
        let kept = try metric.target(b).distanceAndGradient(a)
        #expect(Difference(kept.gradient.values, found.gradientA.values).relativeL2 <= 1e-6)
        let exchanged = try metric.distanceAndGradient(b, a)
        #expect(Difference(exchanged.gradientB.values, found.gradientA.values).relativeL2 <= 1e-6)
    }

    @Test(
        "Identical, flat and black images have finite gradients", arguments: ["lpips-alex", "lpips-vgg", "dists"])
    func degenerate(name: String) async throws {
        let metric = try Loss.differentiable(try await Self.metric(name))
        let shape: Shape = [1, 3, 96, 128]
        let photograph = Tensor(try Self.golden("a"), shape: shape)
        let flat = Tensor([Float](repeating: 0.5, count: shape.count), shape: shape)
        for (a, b) in [(photograph, photograph), (flat, photograph), (Tensor(zeros: shape), flat)] {
            let found = try metric.distanceAndGradient(a, b)
            #expect(found.distances[0].isFinite)
            #expect(found.gradientA.values.allSatisfy(\.isFinite) && found.gradientB.values.allSatisfy(\.isFinite))
        }
        let same = try metric.distanceAndGradient(photograph, photograph)
        #expect(abs(same.distances[0]) < 1e-6 && same.gradientA.values.allSatisfy { abs($0) < 1e-6 })
    }

    @Test("Maps of LPIPS, elementwise", arguments: [("lpips-alex", "alex.spatial"), ("lpips-vgg", "vgg.spatial")])
    func maps(name: String, key: String) async throws {
        let metric = try #require(try await Self.metric(name) as? any SpatialMetric)
        let map = try metric.map(Self.crop("a"), Self.crop("b"))
        #expect(map.width == 128 && map.height == 96)
        let difference = Difference(map.values, try Self.golden(key))
        #expect(difference.maxRelative <= 1e-4, "\(difference)")
    }

    @Test("Photographs at full size: the recorded and the published values, two at once")
    func photographs() async throws {
        struct Pair: Decodable {
            let a: String
            let b: String
            let alex: Double
            let vgg: Double
            let dists256: Double
            let distsFull: Double

            enum CodingKeys: String, CodingKey {
                case a, b
                case alex = "lpips_alex_v0.1"
                case vgg = "lpips_vgg_v0.1"
                case dists256 = "dists_256"
                case distsFull = "dists_full"
            }
        }
        struct Golden: Decodable { let pairs: [Pair] }
        let published = [
            "triplet1": (0.58484, 0.63717), "triplet2": (0.70327, 0.68468), "triplet3": (0.66614, 0.76711),
        ]
        let shared = try #require(Fixtures.shared)
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: shared.appending(path: "golden/metrics.json")))
        func image(_ name: String) throws -> Image {
            try Image(contentsOf: shared.appending(path: "data/nights-png/\(name)"))
        }
        let metrics: [(String, (Pair) -> Double)] = [
            ("lpips-alex", \.alex), ("lpips-vgg", \.vgg), ("dists", \.dists256), ("dists:full", \.distsFull),
        ]
        for (name, expected) in metrics {
            let metric = try await Self.metric(name)
            // VGG16 at full size takes seconds a photograph; one triplet does.
            let some = ["lpips-vgg", "dists:full"].contains(name) ? Array(golden.pairs.prefix(2)) : golden.pairs
            for (reference, pairs) in Dictionary(grouping: some, by: \.a) {
                let values = try metric.values(from: image(reference), to: pairs.map { try image($0.b) })
                for (pair, value) in zip(pairs, values) {
                    #expect(Self.isClose(value, expected(pair)), "\(name) \(pair.b): \(value) for \(expected(pair))")
                    if name == "lpips-alex", let both = published[String(pair.a.prefix(8))] {
                        #expect(
                            abs(value - (pair.b.hasSuffix("_1.png") ? both.0 : both.1)) < 1e-4, "\(value) for \(both)")
                    }
                }
            }
        }
    }

    @Test(
        "Every recorded distance of 59 judged triplets",
        arguments: [("lpips-alex", "lpips_alex"), ("dists", "dists_256")])
    func judged(name: String, key: String) async throws {
        let judged = try JudgedTriplets()
        let agreement = try judged.agreement(await Self.metric(name), recorded: key, tolerance: 1e-4)
        #expect(abs(agreement - (judged.accuracy[key] ?? .nan)) < 1e-9)
    }

    @Test(
        "Identical images give exactly 0, order does not matter, flat and smallest images work, and nothing is NaN",
        arguments: ["lpips-alex", "lpips-vgg", "lpips-vgg:v0.0", "lpips-alex:unweighted", "dists", "dists:full"])
    func edges(name: String) async throws {
        let metric = try await Self.metric(name)
        let least = if case .full(let minimum) = metric.card.size { minimum } else { 1 }
        #expect(least == (name.hasPrefix("lpips-alex") ? 31 : name.hasPrefix("lpips-vgg") ? 16 : 1))
        let flat = Image(width: 64, height: 48, filledWith: RGB(0x40_80C0))
        let black = Image(width: 64, height: 48, filledWith: RGB(0))
        let textured = TinyModels.image(3, width: 64, height: 48)
        for image in [flat, black, textured] { #expect(try metric.value(image, image) == 0) }
        for (a, b) in [(flat, black), (flat, textured), (black, textured)] {
            let (forth, back) = (try metric.value(a, b), try metric.value(b, a))
            #expect(forth.isFinite && forth > 0 && abs(forth - back) <= 1e-6 * forth, "\(forth) and \(back)")
        }
        let small = (
            TinyModels.image(1, width: least, height: least), TinyModels.image(2, width: least, height: least)
        )
        #expect(try metric.value(small.0, small.1).isFinite)
        #expect(try metric.value(small.0, small.0) == 0)
        // Several at once give what each gives alone, in order.
        let together = try metric.values(from: flat, to: [black, textured, flat])
        #expect(try together == [metric.value(flat, black), metric.value(flat, textured), 0])
        #expect(try metric.values(from: flat, to: []).isEmpty)
    }

    @Test(
        "Images of two sizes, and too small ones, are refused with what to do", arguments: ["lpips-alex", "lpips-vgg"])
    func refused(name: String) async throws {
        let metric = try await Self.metric(name)
        let image = TinyModels.image(1, width: 64, height: 64)
        let other = try #require(throws: DreamSimError.self) {
            try metric.value(image, TinyModels.image(1, width: 64, height: 63))
        }
        #expect(other.kind == .incomparable && other.reason.contains("64x63"))
        let tiny = TinyModels.image(1, width: 64, height: 15)
        let small = try #require(throws: DreamSimError.self) { try metric.value(tiny, tiny) }
        #expect(small.kind == .incomparable && small.reason.contains("at least"))
    }

    @Test(
        "In int16 the values of photographs are those of float32, within 1e-3 relative",
        arguments: ["lpips-alex", "lpips-vgg", "lpips-vgg:unweighted", "dists", "dists:full"])
    func integers(name: String) async throws {
        var options = PerceptualModel.LoadingOptions(store: try .fromEnvironment())
        let exact = try await MetricCatalog.load(name, options: options)
        options.precision = .int16
        let rounded = try await MetricCatalog.load(name, options: options)
        #expect(rounded.card.precision == .int16 && exact.card.precision == nil)
        #expect(rounded.card.weights == exact.card.weights)
        let (reference, others) = try SqueezeNetTests.samples()
        let values = try rounded.values(from: reference, to: others)
        for (value, expected) in zip(values, try exact.values(from: reference, to: others)) {
            #expect(Self.isClose(value, expected, 1e-3) && value != expected, "\(value) for \(expected)")
        }
        // Several at once give what each gives alone, and what one thread gives.
        let threads = Parallel.threads
        defer { Parallel.threads = threads }
        Parallel.threads = 1
        #expect(try others.prefix(2).map { try rounded.value(reference, $0) } == Array(values.prefix(2)))
        #expect(try rounded.value(reference, reference) == 0)

        let differentiable = try #require(rounded as? any DifferentiableMetric)
        let batch = Tensor(reference)
        for attempt in [
            { _ = try differentiable.distanceAndGradient(batch, batch) }, { _ = try differentiable.target(batch) },
            { _ = try Loss.differentiable(rounded) },
        ] {
            let error = try #require(throws: DreamSimError.self) { try attempt() }
            #expect(error.kind == .badSetting && error.subject == "\(name) in int16")
        }
    }

    @Test("int8 is refused with what to do", arguments: ["lpips-alex", "dists"])
    func int8(name: String) async throws {
        let options = PerceptualModel.LoadingOptions(store: try .fromEnvironment(), precision: .int8)
        let error = try await #require(throws: DreamSimError.self) {
            try await MetricCatalog.load(name, options: options)
        }
        #expect(error.kind == .badSetting && error.subject == "precision int8")
        #expect(error.reason.contains("\(name) computes in float32 or int16"), "\(error)")
    }

    @Test("A second load maps what the first has kept, and gives the same", arguments: [Precision.float32, .int16])
    func kept(precision: Precision) async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        var store = ModelStore.Configuration(home: home)
        store.isOffline = true
        store.weightsFolder = ModelStore(try .fromEnvironment()).weightsFolder
        let options = PerceptualModel.LoadingOptions(store: store, precision: precision)
        let (a, b) = (try Self.crop("a"), try Self.crop("b"))
        let first = try await LPIPS.load(.alex, options: options)
        let kept = try FileManager.default.contentsOfDirectory(atPath: home.appending(path: "merged").path)
        #expect(kept.count == 1 && kept[0].hasPrefix("alexnet-"))
        #expect(kept[0].contains("-int16.") == (precision == .int16))
        let second = try await LPIPS.load(.alex, options: options)
        #expect(try first.value(a, b) == second.value(a, b))
        #expect(first.card == second.card)
    }
}

import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Whether the weights and the recorded values are on this machine.
private let isLiteReady: Bool = {
    guard Fixtures.shared != nil, let store = try? ModelStore.Configuration.fromEnvironment() else { return false }
    return Catalog.lite.isReady(in: ModelStore(store))
}()

/// `lite` with its real weights, which `make demo` or `dreamsim models pull lite` fetches.
@Suite(
    "lite, real weights", .serialized,
    .enabled(if: isLiteReady, "SKIPPED: needs the larger golden data and 'models pull lite'"))
struct LiteTests {
    static func options() throws -> PerceptualModel.LoadingOptions {
        PerceptualModel.LoadingOptions(store: try .fromEnvironment(), preprocessing: .reference, keepsMergedFile: false)
    }

    /// A model that reads the deviations of VGG16's channels.
    static func deviations(at taps: [String], side: Int? = nil) async throws -> PerceptualModel {
        let part = try #require(Catalog.lite.parts.last)
        let statistics = ChannelStatistics(.vgg16, at: taps, side: side)
        return try await PerceptualModel.load(
            ModelDescription(
                name: "deviations", summary: "for tests",
                parts: [.init(name: "vgg16", extractor: .statistics(statistics), files: part.files)], sources: [],
                license: ""),
            options: PerceptualModel.LoadingOptions(
                store: .fromEnvironment(), preprocessing: .reference, isNormalized: false, keepsMergedFile: false))
    }

    @Test("Its gradients are what finite differences say, along themselves, and none where images are the same")
    func gradients() async throws {
        let model = try await PerceptualModel.load("lite", options: try Self.options())
        let images = (1...2).map { DrawnImages.waves(224, 224, step: 3 * $0) }
        let (a, b) = (try Tensor([images[0]]), try Tensor([images[1]]))
        let found = try model.distanceAndGradient(a, b)
        #expect(abs(found.distances[0] - (try model.distance(images[0], images[1]))) < 1e-5)
        let gradient = found.gradientA
        let square = DistanceGradientTests.dot(gradient, gradient)
        // Far enough for the difference to stand above rounding, near enough for the slope to be one.
        let step = Float(2e-3 * found.distances[0] / square)
        func distance(_ step: Float) throws -> Double {
            try model.distanceAndGradient(DistanceGradientTests.moved(a, along: gradient, by: step), b).distances[0]
        }
        let slope = (try distance(step) - distance(-step)) / (2 * Double(step))
        #expect(abs(slope - square) < 0.02 * square, "\(slope) for \(square)")
        let same = try model.distanceAndGradient(a, a)
        #expect(abs(same.distances[0]) < 1e-6 && same.gradientA.values.allSatisfy { abs($0) < 1e-5 })
    }

    @Test("The deviations of VGG16's channels at every depth, within 1e-5 relative")
    func deviations() async throws {
        let shared = try #require(Fixtures.shared)
        let golden = try Checkpoint(contentsOf: shared.appending(path: "golden/vits14.safetensors"))
        let taps = ConvolutionalArchitecture.vgg16.taps
        let model = try await Self.deviations(at: taps.map(\.name))
        let files = (1...3).flatMap { t in
            (1...3).map { ImagePath(shared.appending(path: "data/nights-png/triplet\(t)_\($0).png").path) }
        }
        for (n, outcome) in model.embed(files: files).enumerated() {
            var values = try outcome.result.get().values[...]
            for tap in taps {
                let expected = try golden.tensor("vgg16.\(tap.name).std").values
                let difference = Difference(
                    Array(values.prefix(tap.channels)), Array(expected[(n * tap.channels)..<((n + 1) * tap.channels)]))
                #expect(difference.relativeL2 <= 1e-5, "image \(n), \(tap.name): \(difference)")
                values = values.dropFirst(tap.channels)
            }
        }
    }

    @Test("Recorded distances of relu1_2's deviations on 59 judged triplets")
    func recorded() async throws {
        let judged = try JudgedTriplets()
        let agreement = try judged.agreement(
            await Self.deviations(at: ["relu1_2"]), recorded: "vgg16_relu1_2_std", tolerance: 1e-3)
        #expect(abs(agreement - (judged.accuracy["vgg16_relu1_2_std"] ?? .nan)) < 1e-9)
    }

    @Test("It agrees with people as its card says")
    func agreement() async throws {
        let model = try await PerceptualModel.load("lite", options: Self.options())
        var (agreeing, random) = (0, 0)
        for triplet in try JudgedTriplets().triplets {
            let images = try [triplet.reference, triplet.left, triplet.right].map {
                try Image(contentsOf: $0, options: .reference)
            }
            let values = try model.values(from: images[0], to: Array(images[1...]))
            guard (values[1] < values[0]) == triplet.isRightChosen else { continue }
            agreeing += 1
            if triplet.isRandom { random += 1 }
        }
        #expect(agreeing == 53 && random == 10)
        #expect(Catalog.lite.remarks.contains { $0.contains("53 of those 59") && $0.contains("on 10 (") })
    }

    @Test("A blurred or gray copy is nearer than an unrelated photograph, in 19 and 16 of 20 cases at least")
    func copies() async throws {
        let model = try await PerceptualModel.load("lite", options: Self.options())
        let photographs = try JudgedTriplets().triplets.prefix(21).map {
            try Image(contentsOf: $0.reference, options: .reference)
        }
        var (blurred, gray) = (0, 0)
        for (photograph, unrelated) in zip(photographs, photographs.dropFirst()) {
            let altered = [
                try Alteration.blur.applied(to: photograph, strength: 100 * 6 / 768, seed: 1),
                try Alteration.desaturation.applied(to: photograph, strength: 1, seed: 1),
            ]
            let values = try model.values(from: photograph, to: altered + [unrelated])
            if values[0] < values[2] { blurred += 1 }
            if values[1] < values[2] { gray += 1 }
        }
        #expect(blurred >= 19, "\(blurred) of 20")
        #expect(gray >= 16, "\(gray) of 20")
    }

    @Test("Its heat map is those of its parts by their shares")
    func map() async throws {
        let models = [
            try await PerceptualModel.load("lite", options: Self.options()),
            try await PerceptualModel.load("vits14-focus", options: Self.options()),
            try await Self.deviations(at: ["relu2_2"], side: 32),
        ]
        let (a, b) = (DrawnImages.waves(300, 200, step: 3), DrawnImages.waves(300, 200, step: 5))
        let maps = models.map { $0.map(a, b) }
        #expect(maps.allSatisfy { $0.width == 16 && $0.height == 16 && $0.values.contains { $0 > 0.01 } })
        for (whole, parts) in zip(maps[0].values, zip(maps[1].values, maps[2].values)) {
            #expect(abs(whole - (0.725 * parts.0 + 0.275 * parts.1)) < 1e-6)
        }
    }

    @Test("Every vector has its share, with and without normalization")
    func shares() async throws {
        let image = TinyModels.image(5)
        var options = try Self.options()
        let normalized = try await PerceptualModel.load("lite", options: options).embed(image).values
        options.isNormalized = false
        let plain = try await PerceptualModel.load("lite", options: options).embed(image).values
        #expect(normalized == plain)
        var start = 0
        for (width, share) in zip([384, 128], [0.725, 0.275]) {
            let square = plain[start..<(start + width)].reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(square - share) < 1e-6)
            start += width
        }
        #expect(start == plain.count)
    }

    @Test("One merged file holds it, in integers too")
    func merged() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let image = TinyModels.image(6)
        let expected = try await PerceptualModel.load("lite", options: Self.options()).embed(image).values
        for (precision, tolerance) in [(Precision.float32, 0.0), (.int16, 3e-3), (.int8, 4e-2)] {
            let url = home.appending(path: "\(precision.rawValue).safetensors")
            try PerceptualModel.convert(
                Catalog.lite, store: ModelStore(.fromEnvironment()), precision: precision, to: url)
            let model = try await PerceptualModel.load(url.path, options: Self.options())
            let difference = Difference(model.embed(image).values, expected)
            #expect(difference.relativeL2 <= tolerance, "\(precision): \(difference)")
        }
    }
}

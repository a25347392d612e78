import DreamSim
import DreamSimCheckpoints
import DreamSimNetworks
import DreamSimSupport
import DreamSimTensors
import Foundation
import TestSupport
import Testing

@Suite("Distances with gradients")
struct DistanceGradientTests {
    static func model(
        _ families: [String] = ["dino", "clip", "open_clip"], isNormalized: Bool = true, feature: String? = nil
    ) async throws -> PerceptualModel {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let url = try TinyModels.write(TinyModels.json(families, feature: feature), to: home)
        var options = TinyModels.options(home: home, isNormalized: isNormalized)
        options.keepsMergedFile = false
        return try await PerceptualModel.load(url.path, options: options)
    }

    static func random(_ shape: Shape, seed: UInt64) -> Tensor {
        var generator = SeededGenerator(state: seed)
        return Tensor((0..<shape.count).map { _ in Float.random(in: 0...1, using: &generator) }, shape: shape)
    }

    static func dot(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    static func moved(_ tensor: Tensor, along direction: Tensor, by step: Float) -> Tensor {
        Tensor(zip(tensor.values, direction.values).map { $0 + step * $1 }, shape: tensor.shape)
    }

    @Test("An ensemble's gradients are PyTorch's within 1e-5, relatively", arguments: ["raw", "normalized"])
    func ensemble(kind: String) async throws {
        let model = try await Self.model(isNormalized: kind == "normalized")
        let golden = try Checkpoint(contentsOf: Fixtures.file("tiny/gradients.safetensors"))
        let inputs = try Checkpoint(contentsOf: Fixtures.file("tiny/outputs.safetensors")).tensor("input64")
        let result = try model.distanceAndGradient(inputs.images(0..<1), inputs.images(1..<2))
        #expect(abs(result.distances[0] - Double(try golden.tensor("\(kind).distance").values[0])) < 1e-6)
        for (gradient, image) in [(result.gradientA, "a"), (result.gradientB, "b")] {
            let difference = Difference(gradient, try golden.tensor("\(kind).grad_\(image)"))
            #expect(difference.relativeL2 < 1e-5 && difference.maxScaled < 1e-4, "\(difference)")
        }
    }

    @Test("Gradients of any size agree with finite differences", arguments: [(64, 64), (90, 41), (33, 100)])
    func sizes(height: Int, width: Int) async throws {
        let model = try await Self.model(["dino"])
        let shape: Shape = [2, 3, height, width]
        let (a, b) = (Self.random(shape, seed: 1), Self.random(shape, seed: 2))
        let result = try model.distanceAndGradient(a, b)
        #expect(result.gradientA.shape == shape && result.distances.count == 2)
        let direction = Self.random(shape, seed: 3)
        func total(_ step: Float) throws -> (Double, Double) {
            let moved = try model.distanceAndGradient(Self.moved(a, along: direction, by: step), b)
            let other = try model.distanceAndGradient(a, Self.moved(b, along: direction, by: step))
            return (moved.distances.reduce(0, +), other.distances.reduce(0, +))
        }
        let (above, below) = (try total(0.002), try total(-0.002))
        let slopes = ((above.0 - below.0) / 0.004, (above.1 - below.1) / 0.004)
        let actual = (Self.dot(result.gradientA, direction), Self.dot(result.gradientB, direction))
        let size = (Self.dot(result.gradientA, result.gradientA) / 3).squareRoot()
        #expect(abs(actual.0 - slopes.0) < 0.01 * size, "\(actual) \(slopes)")
        #expect(abs(actual.1 - slopes.1) < 0.01 * size, "\(actual) \(slopes)")
    }

    @Test("Tensors are compared as images are, but for rounding")
    func images() async throws {
        let model = try await Self.model(["dino"])
        let images = [TinyModels.image(1), TinyModels.image(2)]
        let direct = try model.distance(images[0], images[1])
        let result = try model.distanceAndGradient(Tensor([images[0]]), Tensor([images[1]]))
        #expect(abs(result.distances[0] - direct) < 2e-3)
        let squares = images.map { model.preprocessing.applied(to: $0) }
        let exact = try model.distanceAndGradient(Tensor([squares[0]]), Tensor([squares[1]]))
        #expect(abs(exact.distances[0] - direct) < 1e-6)
        #expect(try Tensor(squares).images() == squares)
    }

    @Test("Pairs do not depend on their batch")
    func batches() async throws {
        let model = try await Self.model()
        let (a, b) = (Self.random([6, 3, 64, 64], seed: 1), Self.random([6, 3, 64, 64], seed: 2))
        let together = try model.distanceAndGradient(a, b)
        for n in [0, 5] {
            let alone = try model.distanceAndGradient(a.images(n..<(n + 1)), b.images(n..<(n + 1)))
            #expect(abs(alone.distances[0] - together.distances[n]) < 1e-6)
            #expect(Difference(alone.gradientA, together.gradientA.images(n..<(n + 1))).relativeL2 < 1e-5)
        }
    }

    @Test(
        "Identical, flat and black images have finite gradients", arguments: [false, true],
        ["cls", "last_layer", "cls_patch"])
    func degenerate(isNormalized: Bool, feature: String) async throws {
        let model = try await Self.model(["dino"], isNormalized: isNormalized, feature: feature)
        let shape: Shape = [1, 3, 64, 64]
        func flat(_ value: Float) -> Tensor {
            Tensor([Float](repeating: value, count: shape.count), shape: shape)
        }
        let noise = Self.random(shape, seed: 1)
        for (a, b) in [(noise, noise), (flat(0), flat(0)), (flat(0), flat(1)), (flat(0.5), noise), (flat(0), noise)] {
            for metric in [model, PixelMetric.mse, PixelMetric.l1, PixelMetric.l2, PixelMetric.psnr]
                as [any DifferentiableMetric]
            {
                let result = try metric.distanceAndGradient(a, b)
                #expect(result.gradientA.values.allSatisfy { $0.isFinite }, "\(metric.card.name)")
                #expect(result.gradientB.values.allSatisfy { $0.isFinite }, "\(metric.card.name)")
                #expect(!result.distances[0].isNaN)
            }
        }
        let same = try model.distanceAndGradient(noise, noise)
        let other = try model.distanceAndGradient(noise, flat(0))
        #expect(same.distances[0] < 1e-6)
        #expect(Self.dot(same.gradientA, same.gradientA) < 1e-6 * Self.dot(other.gradientA, other.gradientA))
    }

    @Test("Pixel metrics' gradients agree with finite differences", arguments: PixelMetric.allCases)
    func pixels(metric: PixelMetric) throws {
        let shape: Shape = [2, 3, 4, 5]
        let (a, b, direction) = (
            Self.random(shape, seed: 1), Self.random(shape, seed: 2), Self.random(shape, seed: 3)
        )
        let result = try metric.distanceAndGradient(a, b)
        func total(_ step: Float) throws -> (Double, Double) {
            (
                try metric.distanceAndGradient(Self.moved(a, along: direction, by: step), b).distances.reduce(0, +),
                try metric.distanceAndGradient(a, Self.moved(b, along: direction, by: step)).distances.reduce(0, +)
            )
        }
        let (above, below) = (try total(1e-3), try total(-1e-3))
        for (actual, expected) in [
            (Self.dot(result.gradientA, direction), (above.0 - below.0) / 2e-3),
            (Self.dot(result.gradientB, direction), (above.1 - below.1) / 2e-3),
        ] {
            #expect(abs(actual - expected) < 2e-3 * abs(expected), "\(actual) \(expected)")
        }
        let images = [TinyModels.image(1), TinyModels.image(2)]
        let value = try metric.value(images[0], images[1])
        let distance = try metric.distanceAndGradient(Tensor([images[0]]), Tensor([images[1]])).distances[0]
        #expect(abs(distance - (metric == .psnr ? -value : value)) < 1e-5 * abs(value))
    }

    /// Large enough that several threads share an image.
    @Test("Pixel metrics and their targets are what their formulas say", arguments: PixelMetric.allCases)
    func formulas(metric: PixelMetric) throws {
        let shape: Shape = [2, 3, 97, 130]
        let size = shape.count / 2
        let (a, b) = (Self.random(shape, seed: 1), Self.random(shape, seed: 2))
        let result = try metric.distanceAndGradient(a, b)
        let step = try metric.target(b).distanceAndGradient(a)
        #expect(step.distances == result.distances && step.gradient == result.gradientA)
        for n in 0..<2 {
            let range = (n * size)..<((n + 1) * size)
            let differences = zip(a.values[range], b.values[range]).map { Double($0) - Double($1) }
            let squares = differences.reduce(0) { $0 + $1 * $1 }
            let (distance, slope): (Double, Double) =
                switch metric {
                case .l1: (differences.reduce(0) { $0 + abs($1) } / Double(size), 1 / Double(size))
                case .l2: (squares.squareRoot(), 1 / squares.squareRoot())
                case .mse: (squares / Double(size), 2 / Double(size))
                case .psnr: (10 * log10(squares / Double(size)), 20 / log(10) / squares)
                }
            #expect(abs(result.distances[n] - distance) < 1e-12 * abs(distance))
            let expected = differences.map { Float(slope * (metric == .l1 ? ($0 > 0 ? 1 : $0 < 0 ? -1 : 0) : $0)) }
            let difference = Difference(Array(result.gradientA.values[range]), expected)
            #expect(difference.maxScaled < 1e-6, "\(difference)")
            #expect(zip(result.gradientA.values, result.gradientB.values).allSatisfy { $0 == -$1 })
        }
    }

    @Test("What is no pair of batches is refused")
    func refused() async throws {
        let model = try await Self.model(["dino"])
        let good = Self.random([1, 3, 64, 64], seed: 1)
        var broken = good
        broken.withUnsafeMutableBufferPointer { $0[7] = .nan }
        let cases: [(Tensor, Tensor, DreamSimError.Kind)] = [
            (good, broken, .badSetting), (broken, good, .badSetting),
            (good, Self.random([1, 3, 64, 60], seed: 1), .incomparable),
            (Self.random([1, 64, 64], seed: 1), good, .badSetting),
            (Self.random([1, 1, 64, 64], seed: 1), good, .badSetting),
            (Tensor(zeros: [0, 3, 64, 64]), Tensor(zeros: [0, 3, 64, 64]), .badSetting),
        ]
        for (a, b, kind) in cases {
            for metric in [model, PixelMetric.mse] as [any DifferentiableMetric] {
                let error = try #require(throws: DreamSimError.self) { try metric.distanceAndGradient(a, b) }
                #expect(error.kind == kind, "\(error)")
            }
        }
    }
}

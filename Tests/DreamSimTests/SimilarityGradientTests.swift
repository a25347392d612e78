import DreamSim
import DreamSimTensors
import TestSupport
import Testing

@Suite("Gradients of SSIM and MS-SSIM")
struct SimilarityGradientTests {
    static let names = [
        "ssim", "ssim:skimage", "ssim:piq", "ssim:torchmetrics", "ms-ssim", "ms-ssim:piq", "ms-ssim:torchmetrics",
    ]

    static func metric(_ name: String) async throws -> any DifferentiableMetric {
        try Loss.differentiable(try await MetricCatalog.load(name))
    }

    /// Smooth images whose second resembles the first, so that no variant is clamped.
    static func pair(_ height: Int, _ width: Int) -> (Tensor, Tensor) {
        let noise = DistanceGradientTests.random([1, 3, height, width], seed: 4).values
        let a = (0..<(3 * height * width)).map { i -> Float in
            let (c, y, x) = (i / (height * width), i / width % height, i % width)
            return 0.5 + 0.2 * Float((x / 5 + y / 3 + c) % 3 - 1) + 0.2 * (noise[i] - 0.5)
        }
        let b = a.enumerated().map { 0.8 * $1 + 0.1 + 0.1 * (noise[a.count - 1 - $0] - 0.5) }
        return (Tensor(a, shape: [1, 3, height, width]), Tensor(b, shape: [1, 3, height, width]))
    }

    @Test("They agree with finite differences, for either image", arguments: names)
    func finiteDifferences(name: String) async throws {
        let metric = try await Self.metric(name)
        let (a, b) = name.hasPrefix("ms") ? Self.pair(180, 191) : Self.pair(37, 50)
        let found = try metric.distanceAndGradient(a, b)
        for (gradient, movesFirst) in [(found.gradientA, true), (found.gradientB, false)] {
            // Along the gradient, where the slope is its norm, and so well above rounding.
            let norm = DistanceGradientTests.dot(gradient, gradient).squareRoot()
            let step = Float(1e-3 / norm * Double(gradient.count).squareRoot() * 0.05)
            func distance(_ step: Float) throws -> Double {
                let a = movesFirst ? DistanceGradientTests.moved(a, along: gradient, by: step) : a
                let b = movesFirst ? b : DistanceGradientTests.moved(b, along: gradient, by: step)
                return try metric.distanceAndGradient(a, b).distances[0]
            }
            let slope = (try distance(step) - distance(-step)) / (2 * Double(step))
            #expect(abs(slope - norm * norm) < 2e-3 * norm * norm, "\(slope) for \(norm * norm)")
        }
    }

    @Test("One minus what the metric itself gives of images", arguments: names)
    func values(name: String) async throws {
        let metric = try await Self.metric(name)
        let side = name.hasPrefix("ms") ? 200 : 64
        let first = DrawnImages.waves(side, side, step: 3)
        let second = DrawnImages.mixed(first, DrawnImages.noise(2, side, side), 5)
        let found = try metric.distanceAndGradient(Tensor([first]), Tensor([second]))
        #expect(abs(found.distances[0] - (1 - (try metric.value(first, second)))) < 1e-5)
    }

    @Test("Identical, flat and black images have finite gradients; identical ones exactly none", arguments: names)
    func degenerate(name: String) async throws {
        let metric = try await Self.metric(name)
        let (a, _) = Self.pair(180, 180)
        let flat = Tensor([Float](repeating: 0.25, count: a.count), shape: a.shape)
        for (x, y) in [(a, a), (flat, a), (flat, flat), (Tensor(zeros: a.shape), flat), (Tensor(zeros: a.shape), a)] {
            let found = try metric.distanceAndGradient(x, y)
            #expect(found.distances[0].isFinite)
            #expect(found.gradientA.values.allSatisfy(\.isFinite) && found.gradientB.values.allSatisfy(\.isFinite))
        }
        let same = try metric.distanceAndGradient(a, a)
        #expect(same.distances[0] == 0 && same.gradientA.values.allSatisfy { $0 == 0 })
    }

    @Test("Images below the window's size are refused", arguments: names)
    func tooSmall(name: String) async throws {
        let metric = try await Self.metric(name)
        let tiny = Tensor(zeros: [1, 3, 3, 3])
        let error = #expect(throws: DreamSimError.self) { try metric.distanceAndGradient(tiny, tiny) }
        #expect(error?.kind == .incomparable)
    }
}

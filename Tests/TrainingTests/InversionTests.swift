import DreamSim
import DreamSimNetworks
import DreamSimTensors
import DreamSimTraining
import Foundation
import ModelTestSupport
import TestSupport
import Testing

@Suite("Inversion", .serialized)
struct InversionTests {
    static let mse = Loss([Loss.Term(PixelMetric.mse)])

    static func target(_ seed: UInt64 = 1, mask: Mask? = nil, weight: Double = 1) -> InversionTarget {
        InversionTarget(
            TinyModels.image(seed, width: 24, height: 20), name: "image \(seed)", mask: mask, weight: weight)
    }

    static func options(_ parameterization: Parameterization = .pixels, steps: Int = 40) -> InversionOptions {
        var options = InversionOptions(parameterization, width: 24, height: 20)
        options.steps = steps
        return options
    }

    static func finish(_ inversion: Inversion) throws -> [Double] {
        var losses: [Double] = []
        while !inversion.isDone { losses.append(try inversion.step().loss) }
        return losses + [try inversion.look().loss]
    }

    /// White in the columns of a half, black in the others.
    static func half(_ isLeft: Bool) throws -> Mask {
        let values = (0..<480).map { Float(($0 % 24 < 12) == isLeft ? 1 : 0) }
        return try Mask(ScalarField(width: 24, height: 20, values: values), name: "half.png")
    }

    @Test(
        "The squared error falls as far as it should, however the image is written",
        arguments: [
            (Parameterization.pixels, 100, 50.0), (.pyramid(levels: 3), 100, 50), (.fourier, 150, 10),
            (ParameterizationTests.network, 150, 3),
        ])
    func falls(parameterization: Parameterization, steps: Int, factor: Double) throws {
        var options = Self.options(parameterization, steps: steps)
        if parameterization == ParameterizationTests.network { options.adam.learningRate *= 3 }
        let inversion = try Inversion(of: [Self.target()], by: Self.mse, options)
        let losses = try Self.finish(inversion)
        #expect(losses[0] > factor * losses[steps], "from \(losses[0]) to \(losses[steps])")
        let rounded = try inversion.loss(of: inversion.image)
        #expect(abs(rounded.value - (losses.min() ?? 0)) < 1e-5 + 0.1 * rounded.value)
        #expect(rounded.terms == [rounded.value])
    }

    @Test("A small transformer's distance falls, with shifts and crops too", arguments: [false, true])
    func transformer(moves: Bool) async throws {
        let model = try await TrainingTests.model(["dino"])
        var options = InversionOptions(.pyramid(levels: 4), width: 64, height: 64)
        (options.steps, options.adam.learningRate) = (30, 0.1)
        if moves { (options.shift, options.crop, options.views) = (4, 0.6, 2) }
        let target = InversionTarget(TinyModels.image(1, width: 64, height: 64), name: "a")
        let inversion = try Inversion(of: [target], by: Loss([Loss.Term(model)]), options)
        let first = try inversion.look().loss
        while !inversion.isDone { try inversion.step() }
        let last = try inversion.look().loss
        #expect(first > (moves ? 2 : 5) * last, "from \(first) to \(last)")
    }

    @Test("A loss whose gradient is zero is an error that says so, and not a run without an effect")
    func zeroGradient() throws {
        var options = InversionOptions(.pyramid(levels: 6), width: 192, height: 192)
        (options.seed, options.steps) = (2, 30)
        let scene = try Image(contentsOf: Fixtures.packageRoot.appending(path: "Samples/scene.jpg"))
            .resized(width: 192, height: 192)
        let target = InversionTarget(scene, name: "a")
        let stuck = try Inversion(of: [target], by: Loss([Loss.Term(MultiScaleSimilarity.wang)]), options)
        do {
            while !stuck.isDone { try stuck.step() }
            Issue.record("no error")
        } catch let error as DreamSimError {
            #expect(error.kind == .diverged && error.problem.contains("gradient of ms-ssim is zero"))
            #expect(error.remedy?.contains("mse") == true)
        }
        // With a metric beside it that moves, it is left behind.
        let both = Loss([Loss.Term(MultiScaleSimilarity.wang), Loss.Term(PixelMetric.mse, weight: 10)])
        options.steps = 3
        let moving = try Inversion(of: [target], by: both, options)
        while !moving.isDone { try moving.step() }
        // At the target itself the loss is zero, and so may the gradient be.
        var whole = InversionOptions(.pixels, width: 192, height: 192)
        whole.steps = 2
        let there = try Inversion(
            of: [target], by: Self.mse, whole, from: scene)
        while !there.isDone { try there.step() }
    }

    @Test("A run repeats bit for bit from its seed, and another seed gives another image")
    func repeats() throws {
        func image(_ seed: UInt64) throws -> (Image, String) {
            var options = Self.options(.fourier, steps: 6)
            (options.seed, options.shift, options.crop, options.totalVariation) = (seed, 2, 0.7, 0.1)
            let inversion = try Inversion(of: [Self.target()], by: Self.mse, options)
            _ = try Self.finish(inversion)
            return (try inversion.image, inversion.stamp)
        }
        let (one, again, other) = (try image(1), try image(1), try image(2))
        #expect(one == again && one.0 != other.0 && one.1 != other.1)
    }

    @Test("Only what is inside the mask comes to match; the rest stays as it was")
    func mask() throws {
        let start = TinyModels.image(7, width: 24, height: 20)
        let inversion = try Inversion(
            of: [Self.target(mask: Self.half(true))], by: Self.mse, Self.options(steps: 100), from: start)
        let before = try Tensor([start]).values
        let losses = try Self.finish(inversion)
        #expect(losses[0] > 50 * losses[100], "from \(losses[0]) to \(losses[100])")
        let (after, target) = (try Tensor([inversion.image]).values, try Tensor([Self.target().image]).values)
        for i in after.indices {
            let (inside, expected) = (i % 24 < 12, i % 24 < 12 ? target[i] : before[i])
            #expect(abs(after[i] - expected) < (inside ? 0.2 : 1.0 / 250), "\(i)")
        }
    }

    @Test("Several targets each have their mask, and their weight")
    func targets() throws {
        let halves = [Self.target(1, mask: try Self.half(true)), Self.target(2, mask: try Self.half(false))]
        let both = try Inversion(of: halves, by: Self.mse, Self.options(steps: 100))
        let losses = try Self.finish(both)
        #expect(losses[0] > 20 * losses[100], "from \(losses[0]) to \(losses[100])")
        // Gray between black and white, as far from each as their weights say.
        let (black, white) = (
            Image(width: 24, height: 20, filledWith: .black), Image(width: 24, height: 20, filledWith: .white)
        )
        let mixed = try Inversion(
            of: [
                InversionTarget(black, name: "black", weight: 3), InversionTarget(white, name: "white", weight: 1),
            ], by: Self.mse, Self.options(steps: 200))
        _ = try Self.finish(mixed)
        let values = try Tensor([mixed.image]).values
        #expect(values.allSatisfy { abs($0 - 0.25) < 0.02 }, "\(values[0])")
    }

    @Test("A sum of metrics is made small by all its terms, and total variation smooths")
    func sums() throws {
        let loss = Loss([Loss.Term(PixelMetric.mse, weight: 2), Loss.Term(PixelMetric.l1, weight: 0.5)])
        let inversion = try Inversion(of: [Self.target()], by: loss, Self.options(steps: 100))
        let losses = try Self.finish(inversion)
        #expect(losses[0] > 5 * losses[100])
        let end = try inversion.loss(of: inversion.image)
        #expect(abs(end.value - 2 * end.terms[0] - 0.5 * end.terms[1]) < 1e-9)
        func roughness(_ weight: Double) throws -> Double {
            var options = Self.options(steps: 60)
            options.totalVariation = weight
            let inversion = try Inversion(of: [Self.target()], by: Self.mse, options)
            _ = try Self.finish(inversion)
            return TotalVariation.valueAndGradient(try Tensor([inversion.image])).value
        }
        #expect(try roughness(1) < 0.5 * roughness(0))
    }

    @Test("It starts from an image when there is one")
    func start() throws {
        let image = TinyModels.image(5, width: 24, height: 20)
        for parameterization in ParameterizationTests.linear {
            let inversion = try Inversion(
                of: [Self.target()], by: Self.mse, Self.options(parameterization), from: image)
            let (first, direct) = (try inversion.step().loss, try PixelMetric.mse.value(image, Self.target().image))
            #expect(abs(first - direct) < 1e-3, "\(first) \(direct)")
        }
    }

    @Test("What cannot be done is refused, and says what to do")
    func refused() throws {
        func message(
            _ targets: [InversionTarget]? = nil, _ loss: Loss = InversionTests.mse, from start: Image? = nil,
            _ change: (inout InversionOptions) -> Void = { _ in }
        ) throws -> String {
            var options = Self.options()
            change(&options)
            let targets = targets ?? [Self.target()]
            let error = try #require(throws: (any Error).self) {
                try Inversion(of: targets, by: loss, options, from: start)
            }
            return "\(error)"
        }
        #expect(try message([]).contains("at least one"))
        #expect(try message([Self.target(weight: 0)]).contains("above zero"))
        #expect(try message(nil, Loss([Loss.Term(PixelMetric.psnr)])).contains("mse"))
        #expect(try message { $0.steps = 0 }.contains("0 steps"))
        #expect(try message { $0.crop = 0 }.contains("crop 0"))
        #expect(try message { $0.views = 0 }.contains("0 views"))
        #expect(try message { $0.shift = -1 }.contains("shift -1"))
        #expect(try message { $0.width = 0 }.contains("0x20"))
        #expect(try message { $0.totalVariation = .nan }.contains("total variation"))
        #expect(try message { $0.adam.learningRate = .nan }.contains("learning rate"))
        #expect(try message { $0.parameterization = .pyramid(levels: 0) }.contains("0 levels"))
        #expect(try message { $0.parameterization = .fourier(decay: -1) }.contains("decay -1"))
        let image = Self.target().image
        #expect(try message(nil, from: image) { $0.parameterization = .untrainedNetwork }.contains("pixels, pyramid"))
        var shape = UntrainedNetworkShape()
        shape.channels = 0
        #expect(try message { $0.parameterization = .untrainedNetwork(shape) }.contains("0 channels"))
        let small = try Mask(ScalarField(width: 3, height: 2, values: [1, 0, 0, 0, 0, 0]), name: "small.png")
        #expect(try message([Self.target(mask: small)]).contains("3x2"))
    }

    @Test("A run that diverges ends with an error that says what to lower, and changes nothing")
    func diverges() throws {
        var options = Self.options(steps: 50)
        options.adam.learningRate = 1e300
        let inversion = try Inversion(of: [Self.target()], by: Self.mse, options)
        let error = try #require(throws: DreamSimError.self) { while !inversion.isDone { try inversion.step() } }
        #expect(error.kind == .diverged && error.reason.contains("lower the learning rate"))
        let steps = inversion.steps
        #expect(throws: DreamSimError.self) { try inversion.step() }
        #expect(inversion.steps == steps)
        // The best image from before is still there.
        #expect(try Tensor([inversion.image]).values.allSatisfy { (0...1).contains($0) })
    }
}

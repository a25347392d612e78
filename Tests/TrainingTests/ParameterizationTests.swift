import DreamSim
import DreamSimCheckpoints
import DreamSimSupport
import DreamSimTensors
import DreamSimTraining
import TestSupport
import Testing

/// Ways to write images as numbers, and what is done to images on the way to a metric.
@Suite("Parameterizations")
struct ParameterizationTests {
    static let network: Parameterization = {
        var shape = UntrainedNetworkShape()
        (shape.inputChannels, shape.channels, shape.skipChannels, shape.levels) = (4, 6, 2, 2)
        return .untrainedNetwork(shape)
    }()

    static let linear: [Parameterization] = [.pixels, .pyramid(levels: 4), .fourier(decay: 1), .fourier(decay: 0.5)]
    static let all = linear + [network]

    static func random(_ shape: Shape, seed: UInt64, _ range: ClosedRange<Float> = -1...1) -> Tensor {
        var generator = SeededGenerator(state: seed)
        return Tensor((0..<shape.count).map { _ in Float.random(in: range, using: &generator) }, shape: shape)
    }

    static func dot(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    static func moved(_ tensor: Tensor, along direction: Tensor, by step: Float) -> Tensor {
        Tensor(zip(tensor.values, direction.values).map { $0 + step * $1 }, shape: tensor.shape)
    }

    @Test("An untrained network's image and gradients are PyTorch's within 1e-5, relatively")
    func golden() throws {
        let golden = try Checkpoint(contentsOf: Fixtures.file("synthesis/untrained_network.safetensors"))
        let made = Self.network.made(height: 17, width: 20)
        let shapes = made.start(seed: 1).mapValues(\.shape)
        let parameters = try Dictionary(
            uniqueKeysWithValues: shapes.keys.map { ($0, try golden.tensor("parameter." + $0)) })
        #expect(parameters.mapValues(\.shape) == shapes)
        let rendered = made.rendered(parameters, noise: nil)
        let image = Difference(rendered.image, try golden.tensor("image"))
        #expect(image.maxAbsolute < 2e-6, "\(image)")
        let gradients = rendered.backward(try golden.tensor("slopes"))
        #expect(golden.names.count { $0.hasPrefix("gradient.") } == gradients.count)
        for (name, gradient) in gradients {
            let expected = try golden.tensor("gradient." + name)
            let difference = Difference(gradient, expected)
            // What a normalization takes away again has no gradient but rounding.
            let isVoid = expected.values.allSatisfy { abs($0) < 1e-9 }
            #expect(isVoid == (name.hasSuffix(".bias") && name != "last.bias" || name.hasSuffix("joined.beta")))
            #expect(isVoid ? difference.maxAbsolute < 1e-4 : difference.relativeL2 < 1e-5, "\(name): \(difference)")
        }
    }

    @Test("Gradients agree with finite differences, for sides of any length", arguments: linear, [(16, 20), (17, 13)])
    func gradients(parameterization: Parameterization, size: (height: Int, width: Int)) {
        let made = parameterization.made(height: size.height, width: size.width)
        let parameters = made.start(seed: 3)
        let weights = Self.random([1, 3, size.height, size.width], seed: 4)
        let rendered = made.rendered(parameters, noise: 9)
        #expect(rendered.image.shape == weights.shape)
        let gradients = rendered.backward(weights)
        #expect(gradients.count == parameters.count)
        for (name, gradient) in gradients {
            let norm = Self.dot(gradient, gradient).squareRoot()
            // Along the gradient, where the change is largest.
            let step: Float = 2e-3
            let direction = Tensor(gradient.values.map { $0 / Float(norm) }, shape: gradient.shape)
            func value(_ sign: Float) -> Double {
                var moved = parameters
                moved[name] = parameters[name].map { Self.moved($0, along: direction, by: sign * step) }
                return Self.dot(made.rendered(moved, noise: 9).image, weights)
            }
            let slope = (value(1) - value(-1)) / Double(2 * step)
            #expect(abs(slope - norm) < 0.005 * norm, "\(name): \(slope), gradient \(norm)")
        }
    }

    @Test("An image is written down and read again", arguments: linear, [(16, 20), (17, 13), (1, 5)])
    func roundTrip(parameterization: Parameterization, size: (height: Int, width: Int)) throws {
        let made = parameterization.made(height: size.height, width: size.width)
        let image = Self.random([1, 3, size.height, size.width], seed: 5, 0.01...0.99)
        let parameters = try #require(made.parameters(of: image))
        #expect(parameters.mapValues(\.shape) == made.start(seed: 1).mapValues(\.shape))
        let difference = Difference(made.rendered(parameters, noise: 1).image, image)
        #expect(difference.maxAbsolute < 2e-5, "\(difference)")
        // Black and white come within a 512th.
        let extremes = Self.random(image.shape, seed: 6).values.map { $0 > 0 ? Float(1) : 0 }
        let hard = Tensor(extremes, shape: image.shape)
        let found = made.rendered(try #require(made.parameters(of: hard)), noise: nil).image
        #expect(Difference(found, hard).maxAbsolute < 1 / 500)
    }

    @Test("The seed decides over the beginning; only a network has noise in each step", arguments: all)
    func seeds(parameterization: Parameterization) {
        let made = parameterization.made(height: 16, width: 20)
        func image(_ seed: UInt64, noise: UInt64?) -> Tensor {
            made.rendered(made.start(seed: seed), noise: noise).image
        }
        let first = image(1, noise: 1)
        #expect(image(1, noise: 1) == first && image(2, noise: 1) != first)
        #expect((image(1, noise: 2) != first) == (parameterization == Self.network))
        #expect(first.values.allSatisfy { (0...1).contains($0) })
    }

    @Test("An untrained network has no numbers of an image, and is small where the image is")
    func network() {
        let image = Self.random([1, 3, 6, 5], seed: 1, 0...1)
        let made = Self.network.made(height: 6, width: 5)
        #expect(made.parameters(of: image) == nil)
        #expect(Set(made.start(seed: 1).keys) == ["input", "last.weight", "last.bias"])
        #expect(Self.network.made(height: 64, width: 64).start(seed: 1).count == 2 + 1 + 2 * (5 * 4 + 2))
    }

    @Test("Total variation is zero for flat images, counts edges, and has the gradient of its differences")
    func variation() {
        let flat = Tensor([Float](repeating: 0.3, count: 60), shape: [1, 3, 4, 5])
        #expect(abs(TotalVariation.valueAndGradient(flat).value) < 1e-12)
        #expect(TotalVariation.valueAndGradient(flat).gradient.values.allSatisfy { $0 == 0 })
        // Black left of white, in two columns of 4 pixels: one jump a row.
        let edge = Tensor((0..<24).map { Float($0 % 2) }, shape: [1, 3, 4, 2])
        let epsilon = 1.0 / 255
        let jump = (1 + epsilon * epsilon).squareRoot() - epsilon
        #expect(abs(TotalVariation.valueAndGradient(edge).value - jump / 2) < 1e-6)
        let image = Self.random([2, 3, 7, 6], seed: 1, 0...1)
        let direction = Self.random(image.shape, seed: 2)
        let slope =
            [Float(1), -1].map { sign in
                Double(sign)
                    * TotalVariation.valueAndGradient(Self.moved(image, along: direction, by: sign * 1e-3)).value
            }.reduce(0, +) / 2e-3
        let actual = Self.dot(TotalVariation.valueAndGradient(image).gradient, direction)
        #expect(abs(actual - slope) < 1e-3, "\(actual) \(slope)")
    }

    @Test("A window shows a part of the image, mirrored beyond its borders, and its backward pass is the transpose")
    func views() {
        let image = Self.random([1, 3, 20, 30], seed: 1)
        let whole = RandomView(height: 20, width: 30)
        #expect(whole.applied(to: image) == image && whole.backward(image, height: 20, width: 30) == image)
        var generator = SeededGenerator(state: 1)
        var sizes: Set<Int> = []
        for _ in 0..<40 {
            let settings = RandomView.Settings(shift: 4, crop: 0.5)
            let view = RandomView(height: 20, width: 30, settings, from: &generator)
            let seen = view.applied(to: image)
            sizes.insert(seen.shape[2])
            #expect((10...20).contains(seen.shape[2]) && (15...30).contains(seen.shape[3]))
            #expect(Set(seen.values).isSubset(of: Set(image.values)))
            let gradient = Self.random(seen.shape, seed: 2)
            let back = view.backward(gradient, height: 20, width: 30)
            let (there, here) = (Self.dot(seen, gradient), Self.dot(image, back))
            #expect(abs(there - here) < 1e-4 * abs(there) + 1e-4)
        }
        #expect(sizes.count > 5)
        // The first column that lies outside is the second inside.
        var found: Set<[Float]> = []
        for _ in 0..<40 {
            let view = RandomView(
                height: 1, width: 4, RandomView.Settings(shift: 1, crop: 1), from: &generator)
            found.insert(view.applied(to: Tensor([0, 1, 2, 3], shape: [1, 1, 1, 4])).values)
        }
        #expect(found == [[1, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 2]])
    }
}

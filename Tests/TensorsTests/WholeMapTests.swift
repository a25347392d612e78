import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Layers over whole maps, forward against plain loops and backward against their differences, in double precision.
@Suite("Whole maps")
struct WholeMapTests {
    /// A batch [N, H, W, C] in double precision.
    struct Plain {
        var shape: Shape
        var values: [Double]

        init(_ shape: Shape, _ values: [Double]) { (self.shape, self.values) = (shape, values) }

        init(zeros shape: Shape) { self.init(shape, [Double](repeating: 0, count: shape.count)) }

        subscript(n: Int, y: Int, x: Int, c: Int) -> Double {
            get { values[((n * shape[1] + y) * shape[2] + x) * shape[3] + c] }
            set { values[((n * shape[1] + y) * shape[2] + x) * shape[3] + c] = newValue }
        }

        /// Every place of a batch of a shape.
        static func filled(_ shape: Shape, _ body: (Int, Int, Int, Int) -> Double) -> Plain {
            var result = Plain(zeros: shape)
            for n in 0..<shape[0] {
                for y in 0..<shape[1] {
                    for x in 0..<shape[2] { for c in 0..<shape[3] { result[n, y, x, c] = body(n, y, x, c) } }
                }
            }
            return result
        }
    }

    /// Sums of products with random weights stand for whatever follows a layer.
    static func loss(_ y: Plain, _ weights: [Float]) -> Double {
        zip(y.values, weights).reduce(0) { $0 + $1.0 * Double($1.1) }
    }

    static func random(_ shape: Shape, _ seed: UInt64) -> Tensor {
        Tensor(VectorMathTests.values(shape.count, seed: seed, range: -1...1), shape: shape)
    }

    /// A layer's forward pass against a plain one, and one of its gradients against the plain one's differences.
    static func check(
        _ gradient: Tensor, of plain: ([Double]) -> Plain, at x: Tensor, weights: [Float], _ what: String
    ) {
        let indices = FiniteDifferences.indices(below: x.count, count: 60)
        let expected = FiniteDifferences.gradient(
            of: { loss(plain($0), weights) }, at: x.values.map(Double.init), indices: indices)
        let values = gradient.values
        let difference = Difference(indices.map { values[$0] }, expected.map { Float($0) })
        #expect(difference.relativeL2 < 1e-5, "\(what): \(difference)")
    }

    static func convolve(
        _ layer: ConvolutionLayer, _ x: Plain, _ weight: [Double], _ bias: [Double]
    ) -> Plain {
        let (size, border, inputs) = (layer.window.size, layer.window.padding, layer.inputs)
        func value(_ n: Int, _ y: Int, _ x0: Int, _ c: Int) -> Double {
            func place(_ i: Int, _ count: Int) -> Int? {
                if (0..<count).contains(i) { return i }
                guard layer.padding == .reflection else { return nil }
                return i < 0 ? -i : 2 * (count - 1) - i
            }
            guard let y = place(y, x.shape[1]), let column = place(x0, x.shape[2]) else { return 0 }
            return x[n, y, column, c]
        }
        return .filled(layer.outputShape(of: x.shape)) { n, y, x0, o in
            var sum = bias[o]
            for i in 0..<size {
                for j in 0..<size {
                    for c in 0..<inputs {
                        sum +=
                            weight[((o * size + i) * size + j) * inputs + c]
                            * value(n, y * layer.window.step + i - border, x0 * layer.window.step + j - border, c)
                    }
                }
            }
            return sum
        }
    }

    static let convolutions: [(ConvolutionLayer, Shape)] = [
        (ConvolutionLayer(inputs: 3, outputs: 5, size: 3), [2, 7, 9, 3]),
        (ConvolutionLayer(inputs: 17, outputs: 70, size: 3, padding: .reflection), [1, 6, 5, 17]),
        (ConvolutionLayer(inputs: 4, outputs: 6, size: 1), [2, 3, 5, 4]),
        (ConvolutionLayer(inputs: 4, outputs: 6, size: 3, step: 2), [2, 7, 8, 4]),
        (ConvolutionLayer(inputs: 4, outputs: 6, size: 3, step: 2, padding: .reflection), [1, 8, 9, 4]),
        (ConvolutionLayer(inputs: 3, outputs: 8, size: 11, step: 4, border: 2), [1, 23, 30, 3]),
        (ConvolutionLayer(inputs: 3, outputs: 8, size: 3, step: 2, border: 0), [1, 10, 11, 3]),
        (ConvolutionLayer(inputs: 2, outputs: 3, size: 5, border: 4), [1, 6, 4, 2]),
        (ConvolutionLayer(inputs: 2, outputs: 3, size: 5, border: 0, padding: .reflection), [1, 6, 7, 2]),
        (ConvolutionLayer(inputs: 2, outputs: 3, size: 1, step: 2), [1, 5, 6, 2]),
        (ConvolutionLayer(inputs: 2, outputs: 3, size: 2, step: 3, border: 1), [1, 9, 7, 2]),
    ]

    @Test("Convolutions and their gradients", arguments: 0..<convolutions.count)
    func convolution(index: Int) {
        let (layer, shape) = Self.convolutions[index]
        let (x, weight, bias) = (
            Self.random(shape, 1), Self.random(layer.weightShape, 2), Self.random([layer.outputs], 3)
        )
        let plain = Plain(shape, x.values.map(Double.init))
        let (w, b) = (weight.values.map(Double.init), bias.values.map(Double.init))
        let expected = Self.convolve(layer, plain, w, b)
        let actual = layer.forward(x, weight: weight, bias: bias)
        #expect(actual.shape == expected.shape)
        #expect(Difference(actual.values, expected.values.map { Float($0) }).relativeL2 < 1e-6)
        let dOutput = Self.random(expected.shape, 4)
        let gradients = layer.backward(dOutput: dOutput, input: x, weight: weight)
        let weights = dOutput.values
        if let dInput = gradients.input {
            Self.check(
                dInput, of: { Self.convolve(layer, Plain(shape, $0), w, b) }, at: x, weights: weights, "input")
        } else {
            Issue.record("no gradient of the input")
        }
        Self.check(
            gradients.weight, of: { Self.convolve(layer, plain, $0, b) }, at: weight, weights: weights, "weight")
        Self.check(gradients.bias, of: { Self.convolve(layer, plain, w, $0) }, at: bias, weights: weights, "bias")
        #expect(layer.backward(dOutput: dOutput, input: x, weight: weight, wantsInput: false).input == nil)
        // Twice the same on other threads.
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = 3
        let again = layer.backward(dOutput: dOutput, input: x, weight: weight)
        #expect(
            again.weight == gradients.weight && again.bias == gradients.bias && again.input == gradients.input)
    }

    @Test("Upsampling and its gradient", arguments: [Upsampling.nearest, .bilinear], [[2, 3, 4, 5], [1, 1, 1, 3]])
    func upsampling(kind: Upsampling, dimensions: [Int]) {
        let shape = Shape(dimensions)
        func plain(_ values: [Double]) -> Plain {
            let x = Plain(shape, values)
            return .filled([shape[0], 2 * shape[1], 2 * shape[2], shape[3]]) { n, y, x0, c in
                func sources(_ i: Int, _ count: Int) -> [(Int, Double)] {
                    guard kind == .bilinear else { return [(i / 2, 1)] }
                    let at = max((Double(i) + 0.5) / 2 - 0.5, 0)
                    let first = Int(at)
                    return [(first, 1 - at + Double(first)), (min(first + 1, count - 1), at - Double(first))]
                }
                return sources(y, shape[1]).reduce(0) { sum, row in
                    sources(x0, shape[2]).reduce(sum) { $0 + row.1 * $1.1 * x[n, row.0, $1.0, c] }
                }
            }
        }
        let x = Self.random(shape, 1)
        let expected = plain(x.values.map(Double.init))
        let actual = kind.forward(x)
        #expect(actual.shape == expected.shape)
        #expect(Difference(actual.values, expected.values.map { Float($0) }).relativeL2 < 1e-6)
        let dOutput = Self.random(actual.shape, 2)
        Self.check(kind.backward(dOutput), of: plain, at: x, weights: dOutput.values, "upsampling")
    }

    @Test("Normalized channels and their gradients", arguments: [ChannelNorm.Scope.batch, .image], [1, 20])
    func norm(scope: ChannelNorm.Scope, channels: Int) {
        let shape: Shape = [3, 4, 5, channels]
        let norm = ChannelNorm(over: scope, epsilon: 1e-3)
        func plain(_ values: [Double], _ gamma: [Double], _ beta: [Double]) -> Plain {
            let x = Plain(shape, values)
            return .filled(shape) { n, y, x0, c in
                let images = scope == .batch ? Array(0..<3) : [n]
                let all = images.flatMap { n in (0..<4).flatMap { y in (0..<5).map { x[n, y, $0, c] } } }
                let mean = all.reduce(0, +) / Double(all.count)
                let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count)
                return (x[n, y, x0, c] - mean) / (variance + 1e-3).squareRoot() * gamma[c] + beta[c]
            }
        }
        let (x, gamma, beta) = (Self.random(shape, 1), Self.random([channels], 2), Self.random([channels], 3))
        let (v, g, b) = (x.values.map(Double.init), gamma.values.map(Double.init), beta.values.map(Double.init))
        let actual = norm.forward(x, gamma: gamma, beta: beta)
        #expect(Difference(actual.values, plain(v, g, b).values.map { Float($0) }).relativeL2 < 1e-5)
        let dOutput = Self.random(shape, 4)
        let gradients = norm.backward(dOutput: dOutput, input: x, gamma: gamma)
        Self.check(gradients.input, of: { plain($0, g, b) }, at: x, weights: dOutput.values, "input")
        Self.check(gradients.gamma, of: { plain(v, $0, b) }, at: gamma, weights: dOutput.values, "gamma")
        Self.check(gradients.beta, of: { plain(v, g, $0) }, at: beta, weights: dOutput.values, "beta")
        let flat = Tensor([Float](repeating: 0.3, count: shape.count), shape: shape)
        #expect(
            norm.backward(dOutput: dOutput, input: flat, gamma: gamma).input.values.allSatisfy { $0.isFinite })
    }

    @Test("Activations and their gradients", arguments: [MapActivation.leakyReLU(slope: 0.2), .sigmoid])
    func activations(kind: MapActivation) {
        let shape: Shape = [1, 3, 5, 7]
        func plain(_ values: [Double]) -> Plain {
            Plain(
                shape,
                values.map { v in
                    kind == .sigmoid ? 1 / (1 + exp(-v)) : v > 0 ? v : Double(Float(0.2)) * v
                })
        }
        let x = Self.random(shape, 1)
        let y = kind.forward(x)
        #expect(Difference(y.values, plain(x.values.map(Double.init)).values.map { Float($0) }).relativeL2 < 1e-6)
        let dOutput = Self.random(shape, 2)
        Self.check(
            kind.backward(dOutput: dOutput, output: y), of: plain, at: x, weights: dOutput.values, "\(kind)")
        let far = kind.forward(Tensor([-200, 200], shape: [1, 1, 1, 2])).values
        #expect(far.allSatisfy { $0.isFinite })
    }

    @Test("Channels are moved, joined and split without loss")
    func channels() {
        let x = Self.random([2, 3, 4, 5], 1)
        let last = x.channelsLast()
        #expect(last.shape == [2, 4, 5, 3] && last.channelsFirst() == x)
        #expect(last.values[(4 + 2) * 3 + 1] == x.values[20 + 6])
        let other = Self.random([2, 4, 5, 2], 2)
        let joined = Tensor.joiningChannels([last, other])
        #expect(joined.shape == [2, 4, 5, 5] && joined.splittingChannels([3, 2]) == [last, other])
        #expect(joined.values[3] == other.values[0])
    }
}

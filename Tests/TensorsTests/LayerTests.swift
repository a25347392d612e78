import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Layers against the same formula written plainly, in double precision.
@Suite("Layers")
struct LayerTests {
    static func tensor(_ shape: Shape, seed: UInt64) -> Tensor {
        Tensor(VectorMathTests.values(shape.count, seed: seed), shape: shape)
    }

    /// x [rows, inputs] times the transpose of w [outputs, inputs] plus b.
    static func plainLinear(_ x: Tensor, _ w: Tensor, _ b: Tensor) -> [Double] {
        let (x, w, b, inputs) = (x.values, w.values, b.values, w.shape[1])
        return (0..<(x.count / inputs)).flatMap { r in
            b.indices.map { o in
                (0..<inputs).reduce(Double(b[o])) { $0 + Double(x[r * inputs + $1]) * Double(w[o * inputs + $1]) }
            }
        }
    }

    static func run(
        _ linear: Linear, _ x: Tensor, onto start: Tensor? = nil, then completion: Linear.Completion
    ) -> [Float] {
        var x = x
        let rows = x.shape[0]
        var y = start ?? Tensor(zeros: [rows, linear.outputs])
        x.withUnsafeMutableBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
                linear.forward(
                    MatrixView(x.baseAddress!, rows: rows, columns: linear.inputs),
                    into: MatrixView(y.baseAddress!, rows: rows, columns: linear.outputs), then: completion)
            }
        }
        return y.values
    }

    @Test("A linear layer multiplies, adds and activates", arguments: [(1, 7, 5), (9, 48, 144), (33, 65, 200)])
    func linear(rows: Int, inputs: Int, outputs: Int) {
        let x = Self.tensor([rows, inputs], seed: 1)
        let layer = Linear(weight: Self.tensor([outputs, inputs], seed: 2), bias: Self.tensor([outputs], seed: 3))
        let expected = Self.plainLinear(x, layer.weight.unpacked(), layer.bias)
        let plain = Difference(Self.run(layer, x, then: .bias), expected.map { Float($0) })
        #expect(plain.relativeL2 < 1e-6, "\(plain)")
        let activated = Difference(
            Self.run(layer, x, then: .activation(.gelu)),
            expected.map { Float($0 * 0.5 * erfc(-$0 / 2.0.squareRoot())) })
        #expect(activated.relativeL2 < 1e-6, "\(activated)")
    }

    @Test("A linear layer adds its scaled result to a residual")
    func residual() {
        let (rows, inputs, outputs) = (5, 12, 130)
        let x = Self.tensor([rows, inputs], seed: 4)
        let layer = Linear(weight: Self.tensor([outputs, inputs], seed: 5), bias: Self.tensor([outputs], seed: 6))
        let scale = Self.tensor([outputs], seed: 7)
        let before = Self.tensor([rows, outputs], seed: 8)
        let residual = Self.run(layer, x, onto: before, then: .residual(scale: scale))
        let expected = Self.plainLinear(x, layer.weight.unpacked(), layer.bias).enumerated().map { at, value in
            Float(Double(before.values[at]) + value * Double(scale.values[at % outputs]))
        }
        let difference = Difference(residual, expected)
        #expect(difference.relativeL2 < 1e-6, "\(difference)")
    }

    @Test("Attention weighs values by softmax of scaled products", arguments: [(1, 5, 2, 8), (2, 17, 4, 12)])
    func attention(images: Int, tokens: Int, heads: Int, headWidth: Int) {
        let width = heads * headWidth
        var qkv = Self.tensor([images * tokens, 3 * width], seed: 9)
        var output = Tensor(zeros: [images * tokens, width])
        qkv.withUnsafeMutableBufferPointer { qkv in
            output.withUnsafeMutableBufferPointer { output in
                let attention = Attention(heads: heads, width: width)
                let (lanes, size) = (Parallel.threads, attention.scratch(tokens: tokens))
                withUnsafeTemporaryAllocation(of: Float.self, capacity: lanes * size) { scratch in
                    attention.forward(
                        BlockedMatrix(MatrixView(qkv.baseAddress!, rows: images * tokens, columns: 3 * width)),
                        tokens: tokens, into: MatrixView(output.baseAddress!, rows: images * tokens, columns: width),
                        scratch: MatrixView(scratch.baseAddress!, rows: lanes, columns: size))
                }
            }
        }
        let v = qkv.values.map(Double.init)
        var expected = [Float](repeating: 0, count: output.count)
        for n in 0..<images {
            for h in 0..<heads {
                for t in 0..<tokens {
                    func at(_ part: Int, _ token: Int, _ i: Int) -> Double {
                        v[(n * tokens + token) * 3 * width + part * width + h * headWidth + i]
                    }
                    let scores = (0..<tokens).map { s in
                        (0..<headWidth).reduce(0) { $0 + at(0, t, $1) * at(1, s, $1) }
                            / Double(headWidth).squareRoot()
                    }
                    let weights = scores.map { exp($0 - (scores.max() ?? 0)) }
                    let total = weights.reduce(0, +)
                    for i in 0..<headWidth {
                        expected[(n * tokens + t) * width + h * headWidth + i] = Float(
                            (0..<tokens).reduce(0) { $0 + weights[$1] / total * at(2, $1, i) })
                    }
                }
            }
        }
        let difference = Difference(output.values, expected)
        #expect(difference.relativeL2 < 2e-6, "\(difference)")
    }
}

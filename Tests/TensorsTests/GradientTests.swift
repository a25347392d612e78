import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Backward passes against finite differences of the same formula written plainly, in double precision.
@Suite("Backward passes")
struct GradientTests {
    /// Calls a closure with a tensor's memory as a matrix.
    static func with<R>(_ tensor: inout Tensor, rows: Int, _ body: (MatrixView) -> R) -> R {
        let columns = tensor.count / rows
        return tensor.withUnsafeMutableBufferPointer {
            body(MatrixView($0.baseAddress!, rows: rows, columns: columns))
        }
    }

    /// The same numbers in blocks of columns.
    static func blocked(_ tensor: Tensor, block: Int) -> Tensor {
        let (rows, columns, values) = (tensor.shape[0], tensor.shape[1], tensor.values)
        var result: [Float] = []
        for first in stride(from: 0, to: columns, by: block) {
            for r in 0..<rows {
                for c in first..<(first + block) { result.append(c < columns ? values[r * columns + c] : .nan) }
            }
        }
        return Tensor(result, shape: [result.count])
    }

    static func withBlocks<R>(_ tensor: inout Tensor, rows: Int, columns: Int, block: Int, _ body: (BlockedMatrix) -> R)
        -> R
    {
        tensor.withUnsafeMutableBufferPointer {
            body(BlockedMatrix($0.baseAddress!, rows: rows, columns: columns, block: block))
        }
    }

    @Test(
        "A linear layer's input, weight and bias gradients agree",
        arguments: [(1, 7, 5, 5), (9, 48, 144, 48), (33, 65, 200, 32), (130, 20, 90, 90)])
    func linear(rows: Int, inputs: Int, outputs: Int, block: Int) {
        var x = LayerTests.tensor([rows, inputs], seed: 1)
        let weight = LayerTests.tensor([outputs, inputs], seed: 2)
        let dy = LayerTests.tensor([rows, outputs], seed: 3)
        let layer = Linear(weight: weight, bias: LayerTests.tensor([outputs], seed: 4))
        let scale = LayerTests.tensor([outputs], seed: 5)
        let (xs, ws, ds, ss) = (x.values, weight.values, dy.values, scale.values)
        func sum(_ range: Range<Int>, _ term: (Int) -> Double) -> Double { range.reduce(0) { $0 + term($1) } }

        var dx = Tensor(zeros: [rows, inputs])
        var blockedGradient = Self.blocked(dy, block: block)
        Self.withBlocks(&blockedGradient, rows: rows, columns: outputs, block: block) { dy in
            Self.with(&dx, rows: rows) { dx in
                layer.transposed(scalingOutputs: scale).forward(dy, into: BlockedMatrix(dx), then: .bias)
            }
        }
        let expected = (0..<(rows * inputs)).map { i in
            Float(
                sum(0..<outputs) {
                    Double(ds[i / inputs * outputs + $0]) * Double(ss[$0]) * Double(ws[$0 * inputs + i % inputs])
                })
        }
        #expect(Difference(dx.values, expected).relativeL2 < 2e-6)

        var dWeight = weight
        var dBias = scale
        Self.withBlocks(&blockedGradient, rows: rows, columns: outputs, block: block) { dy in
            Self.with(&x, rows: rows) { x in
                Self.with(&dWeight, rows: outputs) {
                    Linear.addWeightGradient(dOutput: dy, input: BlockedMatrix(x), scale: 0.5, into: $0)
                }
            }
            Self.with(&dBias, rows: 1) { Linear.addBiasGradient(dOutput: dy, into: $0) }
        }
        let expectedWeight = (0..<(outputs * inputs)).map { i in
            let (o, k) = i.quotientAndRemainder(dividingBy: inputs)
            return Float(
                Double(ws[i]) + 0.5 * sum(0..<rows) { Double(ds[$0 * outputs + o]) * Double(xs[$0 * inputs + k]) })
        }
        #expect(Difference(dWeight.values, expectedWeight).relativeL2 < 2e-6)
        let expectedBias = (0..<outputs).map { o in
            Float(Double(ss[o]) + sum(0..<rows) { Double(ds[$0 * outputs + o]) })
        }
        #expect(Difference(dBias.values, expectedBias).relativeL2 < 2e-6)
    }

    @Test("Every binary16 is the rounding of what it stands for")
    func halves() {
        for bits in UInt16.min ... .max {
            let value = HalfRounding.widen(bits)
            #expect(value.isNaN ? bits & 0x7FFF > 0x7C00 : HalfRounding.half(value) == bits)
        }
    }

    /// Attention of one image in double precision, its first `queries` outputs weighed with dy and added up.
    static func attentionLoss(
        _ qkv: [Double], tokens: Int, queries: Int, heads: Int, headWidth: Int, _ dy: ArraySlice<Float>
    ) -> Double {
        let width = heads * headWidth
        var loss = 0.0
        for h in 0..<heads {
            func at(_ part: Int, _ token: Int, _ i: Int) -> Double {
                qkv[token * 3 * width + part * width + h * headWidth + i]
            }
            for t in 0..<queries {
                let scores = (0..<tokens).map { s in
                    (0..<headWidth).reduce(0) { $0 + at(0, t, $1) * at(1, s, $1) } / Double(headWidth).squareRoot()
                }
                let highest = scores.max() ?? 0
                let weights = scores.map { exp($0 - highest) }
                let total = weights.reduce(0, +)
                for i in 0..<headWidth {
                    let y = (0..<tokens).reduce(0) { $0 + weights[$1] / total * at(2, $1, i) }
                    loss += y * Double(dy[dy.startIndex + t * width + h * headWidth + i])
                }
            }
        }
        return loss
    }

    @Test(
        "Attention's gradients agree, for all queries and for the first alone",
        arguments: [(1, 5, 2, 8), (2, 17, 4, 12), (1, 150, 2, 16), (3, 1, 2, 4)], [false, true])
    func attention(_ shape: (images: Int, tokens: Int, heads: Int, headWidth: Int), firstAlone: Bool) {
        let (images, tokens, heads, headWidth) = shape
        let (width, queries) = (heads * headWidth, firstAlone ? 1 : tokens)
        let attention = Attention(heads: heads, width: width)
        let qkv = LayerTests.tensor([images * tokens, 3 * width], seed: 1)
        var dy = LayerTests.tensor([images * queries, width], seed: 2)
        let block = width % 16 == 0 ? width : 3 * width
        var blocked = Self.blocked(qkv, block: block)
        var gradient = Tensor(zeros: blocked.shape)
        let lanes = Parallel.threads
        var scratch = Tensor(zeros: [lanes, attention.backwardScratch(tokens: tokens)])
        let rows = images * tokens
        Self.withBlocks(&blocked, rows: rows, columns: 3 * width, block: block) { qkv in
            Self.withBlocks(&gradient, rows: rows, columns: 3 * width, block: block) { dQKV in
                Self.with(&dy, rows: images * queries) { dy in
                    Self.with(&scratch, rows: lanes) {
                        attention.backward(qkv, dOutput: dy, tokens: tokens, into: dQKV, scratch: $0)
                    }
                }
            }
        }
        for n in 0..<images {
            let image = qkv.values[(n * tokens * 3 * width)..<((n + 1) * tokens * 3 * width)].map(Double.init)
            let weights = dy.values[(n * queries * width)..<((n + 1) * queries * width)]
            let indices = FiniteDifferences.indices(below: image.count, count: 50, seed: UInt64(n))
            let expected = FiniteDifferences.gradient(
                of: {
                    Self.attentionLoss(
                        $0, tokens: tokens, queries: queries, heads: heads, headWidth: headWidth, weights)
                }, at: image, indices: indices)
            let actual = indices.map { index -> Float in
                let (row, column) = (n * tokens + index / (3 * width), index % (3 * width))
                return gradient.values[column / block * rows * block + row * block + column % block]
            }
            let difference = Difference(actual, expected.map { Float($0) })
            #expect(difference.maxScaled < 1e-5, "\(difference)")
        }
    }

    @Test("Attention of the first token alone equals that among all")
    func firstAlone() {
        let (images, tokens, width) = (3, 29, 48)
        let attention = Attention(heads: 4, width: width)
        var qkv = LayerTests.tensor([images * tokens, 3 * width], seed: 1)
        var (all, alone) = (Tensor(zeros: [images * tokens, width]), Tensor(zeros: [images, width]))
        var scratch = Tensor(zeros: [Parallel.threads, attention.scratch(tokens: tokens)])
        Self.with(&qkv, rows: images * tokens) { qkv in
            Self.with(&scratch, rows: Parallel.threads) { scratch in
                Self.with(&all, rows: images * tokens) {
                    attention.forward(BlockedMatrix(qkv), tokens: tokens, into: $0, scratch: scratch)
                }
                Self.with(&alone, rows: images) {
                    attention.forwardFirst(BlockedMatrix(qkv), tokens: tokens, into: $0, scratch: scratch)
                }
            }
        }
        let expected = (0..<images).flatMap { all.values[($0 * tokens * width)..<($0 * tokens * width + width)] }
        #expect(Difference(alone.values, expected).relativeL2 < 1e-6)
    }

    @Test("Gradients do not depend on the number of threads")
    func threads() {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let results = [1, 2, 3].map { threads -> [Float] in
            Parallel.threads = threads
            var (x, dy) = (LayerTests.tensor([300, 40], seed: 1), LayerTests.tensor([300, 40], seed: 2))
            var (dx, sums) = (Tensor(zeros: [300, 40]), Tensor(zeros: [42, 40]))
            let norm = LayerNorm(
                gamma: LayerTests.tensor([40], seed: 3), beta: LayerTests.tensor([40], seed: 4), epsilon: 1e-6)
            Self.with(&x, rows: 300) { x in
                Self.with(&dy, rows: 300) { dy in
                    Self.with(&sums, rows: 42) { sums in
                        Self.with(&dx, rows: 300) {
                            norm.backward(
                                x, dOutput: dy, into: $0, adds: false,
                                parameters: LayerNorm.Gradient(gamma: sums.rows(40..<41), beta: sums.rows(41..<42)))
                        }
                        Linear.addWeightGradient(
                            dOutput: BlockedMatrix(dy), input: BlockedMatrix(x), into: sums.rows(0..<40))
                    }
                }
            }
            return dx.values + sums.values
        }
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    @Test("A normalized vector's gradient agrees; a constant vector's is zero")
    func unitVector() {
        let x = VectorMathTests.values(11, seed: 1)
        let dy = VectorMathTests.values(11, seed: 2).map(Double.init)
        let expected = FiniteDifferences.gradient(
            of: { x in
                let mean = x.reduce(0, +) / Double(x.count)
                let norm = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
                return zip(x, dy).reduce(0) { $0 + ($1.0 - mean) / norm * $1.1 }
            }, at: x.map(Double.init), indices: Array(0..<11))
        for (a, e) in zip(UnitVector.backward(dy, at: x), expected) { #expect(abs(a - e) < 1e-8) }
        #expect(UnitVector.backward(dy, at: [Float](repeating: 0.3, count: 11)).allSatisfy { $0 == 0 })
    }

    @Test("Dropout drops its share, keeps the mean, and draws the same again wherever a batch is cut")
    func dropout() {
        let dropout = Dropout(probability: 0.3, seed: 5)
        var x = Tensor([Float](repeating: 1, count: 400 * 51), shape: [400, 51])
        Self.with(&x, rows: 400) { dropout.apply(to: $0, stream: 2, firstRow: 0) }
        let zeros = x.values.count { $0 == 0 }
        #expect(abs(Double(zeros) / Double(x.count) - 0.3) < 0.015)
        #expect(x.values.allSatisfy { $0 == 0 || abs($0 - 1 / 0.7) < 1e-6 })
        var part = Tensor([Float](repeating: 1, count: 100 * 51), shape: [100, 51])
        Self.with(&part, rows: 100) { dropout.apply(to: $0, stream: 2, firstRow: 150) }
        #expect(part.values == Array(x.values[(150 * 51)..<(250 * 51)]))
        Self.with(&part, rows: 100) { dropout.apply(to: $0, stream: 3, firstRow: 150) }
        #expect(part.values.count { $0 == 0 } > zeros / 4 + 500)
        var untouched = LayerTests.tensor([3, 3], seed: 1)
        Self.with(&untouched, rows: 3) {
            Dropout(probability: 0, seed: 1).apply(to: $0, stream: 0, firstRow: 0)
        }
        #expect(untouched == LayerTests.tensor([3, 3], seed: 1))
    }
}

import CDreamSimKernels
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// The packed product and what is built on it, of every kind, against plain sums in double precision.
@Suite("Packed products")
struct PackedProductTests {
    typealias Math = VectorMathTests
    /// Inputs and outputs: odd, below and above a panel and a block of inputs.
    static let shapes = [(1, 1), (3, 16), (7, 5), (17, 33), (65, 31), (48, 144), (101, 70), (1539, 19)]

    static func packed(_ w: [Float], outputs: Int, inputs: Int) -> [Float] {
        var panels = [Float](repeating: .nan, count: PackedMatrix.shape(outputs: outputs, inputs: inputs).count)
        dsv_pack(w, inputs, outputs, inputs, &panels)
        return panels
    }

    static func plain(_ x: [Float], _ w: [Float], _ bias: [Float], rows: Int, inputs: Int) -> [Double] {
        (0..<rows).flatMap { r in
            bias.indices.map { o in
                (0..<inputs).reduce(Double(bias[o])) { $0 + Double(x[r * inputs + $1]) * Double(w[o * inputs + $1]) }
            }
        }
    }

    enum Completion: CaseIterable {
        case none, bias, gelu, quickGELU, residual, scaledResidual
    }

    @Test("Products agree for every completion", arguments: Math.kinds, Completion.allCases)
    func completions(kind: String, completion: Completion) throws {
        let multiply = try #require(try Math.kernels(kind).multiply_packed)
        for (inputs, outputs) in Self.shapes {
            for rows in [1, 2, 3, 5, 6, 7, 12, 13, 14, 15, 29] where rows < 4 || inputs < 1000 {
                let (x, w) = (
                    Math.values(rows * inputs, seed: 1, range: -1...1), Math.values(outputs * inputs, seed: 2)
                )
                let bias =
                    completion == .none
                    ? [Float](repeating: 0, count: outputs) : Math.values(outputs, seed: 3)
                let scale = Math.values(outputs, seed: 4)
                let before = Math.values(rows * (outputs + 3), seed: 5)
                let (panels, stride) = (Self.packed(w, outputs: outputs, inputs: inputs), outputs + 3)
                var y = before
                try run(
                    multiply, x, panels, bias, scale, completion, &y, rows: rows, inputs: inputs, outputs: outputs,
                    stride: stride)
                let sums = Self.plain(x, w, bias, rows: rows, inputs: inputs)
                let expected = before.indices.map { at -> Float in
                    let (r, o) = at.quotientAndRemainder(dividingBy: stride)
                    guard o < outputs else { return before[at] }
                    let v = sums[r * outputs + o]
                    switch completion {
                    case .none, .bias: return Float(v)
                    case .gelu: return Float(v * 0.5 * erfc(-v / 2.0.squareRoot()))
                    case .quickGELU: return Float(v / (1 + exp(-1.702 * v)))
                    case .residual: return Float(Double(before[at]) + v)
                    case .scaledResidual: return Float(Double(before[at]) + v * Double(scale[o]))
                    }
                }
                let difference = Difference(y, expected)
                #expect(difference.relativeL2 < 1e-6, "\(rows)x\(inputs) to \(outputs): \(difference)")
            }
        }
    }

    private func run(
        _ multiply: (UnsafePointer<dsv_product>?) -> Void, _ x: [Float], _ panels: [Float], _ bias: [Float],
        _ scale: [Float], _ completion: Completion, _ y: inout [Float], rows: Int, inputs: Int, outputs: Int,
        stride: Int
    ) throws {
        x.withUnsafeBufferPointer { x in
            panels.withUnsafeBufferPointer { panels in
                bias.withUnsafeBufferPointer { bias in
                    scale.withUnsafeBufferPointer { scale in
                        y.withUnsafeMutableBufferPointer { y in
                            var product = dsv_product(
                                x, panels.baseAddress!, y, rows: rows, inputs: inputs,
                                outputs: outputs, stride: stride)
                            if completion != .none { product.bias = bias.baseAddress }
                            if completion == .scaledResidual { product.scale = scale.baseAddress }
                            if completion == .residual || completion == .scaledResidual { product.adds = 1 }
                            if completion == .gelu { product.activation = Int32(DSV_GELU.rawValue) }
                            if completion == .quickGELU { product.activation = Int32(DSV_QUICK_GELU.rawValue) }
                            multiply(&product)
                        }
                    }
                }
            }
        }
    }

    @Test(
        "Attention of a head agrees, with many tokens too", arguments: Math.kinds,
        [(1, 5), (57, 64), (197, 12), (130, 33)])
    func attention(kind: String, size: (tokens: Int, width: Int)) throws {
        let (tokens, width) = size
        let attend = try #require(try Math.kernels(kind).attend)
        let stride = 3 * width
        let qkv = Math.values(tokens * stride, seed: 6)
        var y = [Float](repeating: 0, count: tokens * width)
        var scratch = [Float](repeating: .nan, count: dsv_attention_scratch(tokens, width))
        qkv.withUnsafeBufferPointer { qkv in
            y.withUnsafeMutableBufferPointer { y in
                scratch.withUnsafeMutableBufferPointer { scratch in
                    let base = qkv.baseAddress!
                    var attention = dsv_attention(
                        queries: base, keys: base + width, values: base + 2 * width, stride: stride, tokens: tokens,
                        width: width, scale: 0.3, y: y.baseAddress, y_stride: width, rounded: nil, first_row: 0,
                        block: 0, scratch: scratch.baseAddress)
                    attend(&attention)
                }
            }
        }
        let v = qkv.map(Double.init)
        let expected = (0..<tokens).flatMap { t -> [Float] in
            let scores = (0..<tokens).map { s in
                0.3 * (0..<width).reduce(0) { $0 + v[t * stride + $1] * v[s * stride + width + $1] }
            }
            let weights = scores.map { exp($0 - (scores.max() ?? 0)) }
            let total = weights.reduce(0, +)
            return (0..<width).map { i in
                Float((0..<tokens).reduce(0) { $0 + weights[$1] / total * v[$1 * stride + 2 * width + i] })
            }
        }
        let difference = Difference(y, expected)
        #expect(difference.relativeL2 < 2e-6, "\(difference)")
    }

    @Test(
        "The transposed product takes any outputs of a packed weight", arguments: Math.kinds,
        [(0, 16), (5, 12), (15, 40), (31, 1)])
    func transposedProduct(kind: String, range: (first: Int, count: Int)) throws {
        let (inputs, outputs) = (37, 60)
        let (w, q) = (Math.values(outputs * inputs, seed: 7), Math.values(range.count, seed: 8))
        var u = [Float](repeating: .nan, count: inputs)
        try Math.kernels(kind).packed_transposed_product(
            Self.packed(w, outputs: outputs, inputs: inputs), inputs, range.first, range.count, q, &u)
        let expected = (0..<inputs).map { k in
            Float((0..<range.count).reduce(0.0) { $0 + Double(q[$1]) * Double(w[(range.first + $1) * inputs + k]) })
        }
        let difference = Difference(u, expected)
        #expect(difference.relativeL2 < 1e-6, "\(difference)")
    }

    @Test("Weighted sums of rows agree", arguments: Math.kinds, Math.widths)
    func weightedRows(kind: String, width: Int) throws {
        let (rows, stride) = (9, width + 2)
        let (x, p) = (Math.values(rows * stride, seed: 9), Math.values(rows, seed: 10))
        var y = [Float](repeating: .nan, count: width)
        try Math.kernels(kind).weighted_rows(x, stride, p, rows, width, &y)
        let expected = (0..<width).map { i in
            Float((0..<rows).reduce(0.0) { $0 + Double(p[$1]) * Double(x[$1 * stride + i]) })
        }
        #expect(Difference(y, expected).maxAbsolute < 1e-5)
    }

    @Test("Standardizing subtracts and divides as written", arguments: Math.kinds, Math.widths)
    func standardize(kind: String, width: Int) throws {
        let x = Math.values(width, seed: 11)
        var y = [Float](repeating: .nan, count: width)
        try Math.kernels(kind).standardize(x, width, 0.485, 0.229, &y)
        #expect(y == x.map { ($0 - 0.485) / 0.229 })
    }

    @Test("Unpacking gives back the weight, and packing it as a transpose the same panels", arguments: shapes)
    func roundTrip(inputs: Int, outputs: Int) {
        let w = Tensor(Math.values(outputs * inputs, seed: 12), shape: [outputs, inputs])
        let packed = PackedMatrix(packing: w)
        #expect(packed.unpacked() == w)
        guard case .single(let single) = packed.panels else {
            Issue.record("packed as integers")
            return
        }
        #expect(PackedMatrix(panels: single, outputs: outputs).unpacked() == w)
        var panels = [Float](repeating: .nan, count: single.count)
        dsv_pack_transposed(w.transposed().values, outputs, outputs, inputs, &panels)
        #expect(panels == single.values)
    }
}

extension dsv_product {
    /// A product of rows with packed weights, in single precision and with nothing after it.
    init(
        _ x: UnsafeBufferPointer<Float>, _ weights: UnsafePointer<Float>, _ y: UnsafeMutableBufferPointer<Float>,
        rows: Int, inputs: Int, outputs: Int, stride: Int
    ) {
        self.init()
        (self.x, x_stride) = (x.baseAddress, inputs)
        (w, w_panel) = (weights, inputs * PackedMatrix.panel)
        (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
        (self.y, y_stride) = (y.baseAddress, stride)
    }
}

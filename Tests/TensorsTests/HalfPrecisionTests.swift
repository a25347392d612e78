import CDreamSimKernels
import DreamSimTensors
import Foundation
import TestSupport
import Testing

/// Weights in half precision: rounding, widening, and the products that take them.
@Suite("Half precision")
struct HalfPrecisionTests {
    typealias Math = VectorMathTests
    static let precisions: [(WeightPrecision, dsv_precision)] = [
        (.float16, DSV_FLOAT16), (.bfloat16, DSV_BFLOAT16),
    ]

    /// Multiplies with weights whose bits are given, already packed.
    static func multiply(
        _ kind: String, _ precision: dsv_precision, x: [Float], bits: [UInt16], rows: Int, inputs: Int, outputs: Int
    ) throws -> [Float] {
        let multiply = try #require(try Math.kernels(kind).multiply_packed)
        var y = [Float](repeating: .nan, count: rows * outputs)
        x.withUnsafeBufferPointer { x in
            bits.withUnsafeBufferPointer { bits in
                y.withUnsafeMutableBufferPointer { y in
                    var product = dsv_product(
                        x, UnsafeRawPointer(bits.baseAddress!), y, rows: rows, inputs: inputs, outputs: outputs,
                        stride: outputs)
                    product.w_precision = Int32(precision.rawValue)
                    multiply(&product)
                }
            }
        }
        return y
    }

    @Test("Every finite float16 is widened exactly", arguments: Math.kinds)
    func everyHalf(kind: String) throws {
        #if arch(x86_64) && os(macOS)
            return
        #else
            let bits = (UInt16.min...UInt16.max).filter { Float16(bitPattern: $0).isFinite }
            let widened = try Self.multiply(
                kind, DSV_FLOAT16, x: [1], bits: bits, rows: 1, inputs: 1, outputs: bits.count)
            #expect(widened == bits.map { Float(Float16(bitPattern: $0)) })
        #endif
    }

    @Test("Every finite bfloat16 is widened exactly", arguments: Math.kinds)
    func everyBrain(kind: String) throws {
        let bits = (UInt16.min...UInt16.max).filter { Float(bitPattern: UInt32($0) << 16).isFinite }
        let widened = try Self.multiply(kind, DSV_BFLOAT16, x: [1], bits: bits, rows: 1, inputs: 1, outputs: bits.count)
        #expect(widened == bits.map { Float(bitPattern: UInt32($0) << 16) })
    }

    @Test("Rounding is to nearest, ties to even")
    func rounding() {
        let values: [Float] = [
            1, 1 + 0x1p-11, 1 + 0x1p-11 + 0x1p-20, 1 + 3 * 0x1p-11, 65519, 65520, 0x1p-25, 0x1.8p-24,
        ]
        let half = HalfTensor(rounding: Tensor(values, shape: [8]), to: .float16)
        #expect(
            half.withUnsafeBufferPointer { Array($0) } == [0x3C00, 0x3C00, 0x3C01, 0x3C02, 0x7BFF, 0x7C00, 0, 2])
        let brain = HalfTensor(rounding: Tensor([1 + 0x1p-8, 1 + 3 * 0x1p-8, -2], shape: [3]), to: .bfloat16)
        #expect(brain.withUnsafeBufferPointer { Array($0) } == [0x3F80, 0x3F82, 0xC000])
    }

    @Test("Layers equal those with the rounded weights in single precision", arguments: precisions.map(\.0))
    func layers(precision: WeightPrecision) {
        // More inputs than a block, outputs that end within a panel, rows beyond a block of rows.
        for (rows, inputs, outputs) in [(1, 16, 16), (3, 37, 50), (33, 800, 40), (230, 769, 33)] {
            let x = Math.values(rows * inputs, seed: 1, range: -1...1)
            let packed = PackedMatrix(
                packing: Tensor(Math.values(outputs * inputs, seed: 2, range: -1...1), shape: [outputs, inputs]))
            let bias = Tensor(Math.values(outputs, seed: 3), shape: [outputs])
            let half = packed.rounded(to: precision)
            let widened = PackedMatrix(panels: .single(Self.widened(half)), outputs: outputs)
            let results = [half, widened].map { Self.run(Linear(weight: $0, bias: bias), x, rows: rows) }
            #expect(results[0] == results[1], "\(rows)x\(inputs) to \(outputs)")
            let exact = Self.run(Linear(weight: packed, bias: bias), x, rows: rows)
            let bound = precision == .float16 ? 1e-3 : 8e-3
            let difference = Difference(results[0], exact)
            #expect(difference.relativeL2 < bound && difference.relativeL2 > 0, "\(difference)")
        }
    }

    static func run(_ layer: Linear, _ x: [Float], rows: Int) -> [Float] {
        var (x, y) = (x, [Float](repeating: .nan, count: rows * layer.outputs))
        x.withUnsafeMutableBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
                layer.forward(
                    MatrixView(x.baseAddress!, rows: rows, columns: layer.inputs),
                    into: MatrixView(y.baseAddress!, rows: rows, columns: layer.outputs), then: .bias)
            }
        }
        return y
    }

    static func widened(_ matrix: PackedMatrix) -> Tensor {
        guard case .half(let tensor) = matrix.panels else { return Tensor(zeros: [0]) }
        return Tensor(
            tensor.withUnsafeBufferPointer { bits in
                bits.map { bits -> Float in
                    if tensor.precision == .bfloat16 { return Float(bitPattern: UInt32(bits) << 16) }
                    let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
                    let magnitude =
                        exponent == 0
                        ? fraction * 0x1p-24
                        : Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
                    return bits & 0x8000 == 0 ? magnitude : -magnitude
                }
            }, shape: tensor.shape)
    }

    @Test("The transposed product takes halves", arguments: Math.kinds, precisions.map(\.0))
    func transposedProduct(kind: String, precision: WeightPrecision) throws {
        let (inputs, outputs, first, count) = (130, 60, 5, 30)
        let packed = PackedMatrix(
            packing: Tensor(Math.values(outputs * inputs, seed: 7), shape: [outputs, inputs])
        ).rounded(to: precision)
        guard case .half(let half) = packed.panels else { return }
        let q = Math.values(count, seed: 8)
        let kernel = try Math.kernels(kind)
        let name = Self.precisions.first { $0.0 == precision }?.1 ?? DSV_FLOAT32
        var (u, expected) = ([Float](repeating: .nan, count: inputs), [Float](repeating: .nan, count: inputs))
        half.withUnsafeBufferPointer {
            kernel.packed_transposed_product($0.baseAddress, Int32(name.rawValue), inputs, first, count, q, &u)
        }
        kernel.packed_transposed_product(
            Self.widened(packed).values, Int32(DSV_FLOAT32.rawValue), inputs, first, count, q, &expected)
        #expect(u == expected)
    }
}

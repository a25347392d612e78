import CDreamSimKernels
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// Every kernel of every kind that this processor has, against the same formula in double precision.
@Suite("Vector kernels")
struct VectorMathTests {
    static let kinds: [String] = (0..<8).compactMap { dsv_kind($0).map { String(cString: $0) } }
    /// Below, at and around the widths of registers, and those of real networks.
    static let widths = [1, 3, 4, 7, 8, 15, 16, 17, 31, 48, 197, 768]

    static func values(_ count: Int, seed: UInt64, range: ClosedRange<Float> = -3...3) -> [Float] {
        var generator = SeededGenerator(state: seed)
        return (0..<count).map { _ in Float.random(in: range, using: &generator) }
    }

    static func kernels(_ kind: String) throws -> dsv_kernels {
        try #require(dsv_kernels_named(kind)).pointee
    }

    @Test("An unknown kind is not found, and one is always in use")
    func kindsByName() {
        #expect(dsv_kernels_named("mmx") == nil)
        #expect(Self.kinds.contains(String(cString: dsv_simd())))
    }

    @Test("Layer norm agrees with double precision", arguments: kinds, widths)
    func layerNorm(kind: String, width: Int) throws {
        let (rows, epsilon) = (3, Float(1e-6))
        let x = Self.values(rows * width, seed: 1)
        let (gamma, beta) = (Self.values(width, seed: 2), Self.values(width, seed: 3))
        var y = [Float](repeating: 0, count: x.count)
        try Self.kernels(kind).layer_norm(x, rows, width, gamma, beta, epsilon, &y)
        let expected = (0..<rows).flatMap { r in
            let row = x[(r * width)..<((r + 1) * width)].map(Double.init)
            let mean = row.reduce(0, +) / Double(width)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            let scale = 1 / (variance + Double(epsilon)).squareRoot()
            return row.indices.map { Float((row[$0] - mean) * scale * Double(gamma[$0]) + Double(beta[$0])) }
        }
        let difference = Difference(y, expected)
        #expect(difference.maxAbsolute < 1e-5, "\(difference)")
    }

    @Test("GELU agrees with the error function", arguments: kinds, widths)
    func gelu(kind: String, width: Int) throws {
        try activation(DSV_GELU, kind: kind, width: width, range: -9...9, within: 1e-6) { v in
            v * 0.5 * erfc(-v / 2.0.squareRoot())
        }
    }

    @Test("QuickGELU agrees with the logistic function", arguments: kinds, widths)
    func quickGELU(kind: String, width: Int) throws {
        try activation(DSV_QUICK_GELU, kind: kind, width: width, range: -60...60, within: 1e-5) { v in
            v / (1 + exp(-1.702 * v))
        }
    }

    @Test("Softmax sums to one and agrees with double precision, also for large scores", arguments: kinds, widths)
    func softmax(kind: String, width: Int) throws {
        let (rows, scale) = (3, Float(0.125))
        var x = Self.values(rows * width, seed: 8, range: -500...700)
        let before = x
        try Self.kernels(kind).softmax(&x, rows, width, width, scale)
        for r in 0..<rows {
            let row = before[(r * width)..<((r + 1) * width)].map { Double($0) * Double(scale) }
            let shifted = row.map { exp($0 - (row.max() ?? 0)) }
            let total = shifted.reduce(0, +)
            let difference = Difference(
                Array(x[(r * width)..<((r + 1) * width)]), shifted.map { Float($0 / total) })
            #expect(difference.maxAbsolute < 2e-5, "\(difference)")
        }
    }

    @Test("A dot product agrees with double precision", arguments: kinds, widths)
    func dot(kind: String, width: Int) throws {
        let (a, b) = (Self.values(width, seed: 13), Self.values(width, seed: 14))
        let expected = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(try Self.kernels(kind).dot(a, b, width)) - expected) < 1e-3)
    }

    /// Compares an activation, as products finish with it, with a formula: inputs of one column, weights of 1.
    private func activation(
        _ activation: dsv_activation, kind: String, width: Int, range: ClosedRange<Float>, within tolerance: Double,
        _ formula: (Double) -> Double
    ) throws {
        let rows = 2
        let (x, bias) = (Self.values(rows, seed: 4), Self.values(width, seed: 5, range: range))
        let weight = [Float](repeating: 1, count: (width + 15) / 16 * 16)
        var y = [Float](repeating: 0, count: rows * width)
        try x.withUnsafeBufferPointer { x in
            try bias.withUnsafeBufferPointer { bias in
                try weight.withUnsafeBufferPointer { weight in
                    try y.withUnsafeMutableBufferPointer { y in
                        var product = dsv_product()
                        (product.x, product.x_stride) = (x.baseAddress, 1)
                        (product.w, product.w_panel) = (weight.baseAddress, 16)
                        (product.rows, product.inputs, product.outputs) = (rows, 1, width)
                        (product.y, product.y_stride, product.bias) = (y.baseAddress, width, bias.baseAddress)
                        product.activation = Int32(activation.rawValue)
                        try Self.kernels(kind).multiply_packed(&product)
                    }
                }
            }
        }
        let expected = y.indices.map { at in Float(formula(Double(x[at / width] + bias[at % width]))) }
        let difference = Difference(y, expected)
        #expect(difference.maxAbsolute < tolerance, "\(difference)")
    }
}

import CDreamSimKernels
import Foundation
import TestSupport
import Testing

/// The kernels of backward passes, of every kind that this processor has, against finite differences of plain formulas.
@Suite("Gradient kernels")
struct GradientKernelTests {
    static func plain(_ activation: dsv_activation, _ v: Double) -> Double {
        switch activation {
        case DSV_GELU: v * 0.5 * erfc(-v / 2.0.squareRoot())
        case DSV_QUICK_GELU: v / (1 + exp(-1.702 * v))
        default: v
        }
    }

    @Test(
        "Activations and their derivatives agree", arguments: VectorMathTests.kinds,
        [DSV_IDENTITY.rawValue, DSV_GELU.rawValue, DSV_QUICK_GELU.rawValue])
    func activations(kind: String, raw: UInt32) throws {
        let (kernels, activation) = (try VectorMathTests.kernels(kind), dsv_activation(rawValue: raw))
        for width in VectorMathTests.widths {
            let x = VectorMathTests.values(width, seed: 1, range: -9...9)
            let dy = VectorMathTests.values(width, seed: 2)
            var (y, dx) = (x, dy)
            kernels.activate(Int32(raw), y, width, &y)
            kernels.activate_backward(Int32(raw), x, dx, width, &dx)
            let expected = x.map { Float(Self.plain(activation, Double($0))) }
            #expect(Difference(y, expected).maxAbsolute < 2e-6)
            let slopes = zip(x, dy).map { v, d in
                let (above, below) = (
                    Self.plain(activation, Double(v) + 1e-5), Self.plain(activation, Double(v) - 1e-5)
                )
                return Float((above - below) / 2e-5 * Double(d))
            }
            let difference = Difference(dx, slopes)
            #expect(difference.maxAbsolute < 5e-6, "width \(width): \(difference)")
        }
    }

    @Test("Softmax's backward pass agrees", arguments: VectorMathTests.kinds, [1, 3, 8, 17, 31, 197])
    func softmax(kind: String, width: Int) throws {
        let (rows, scale) = (3, 0.125)
        let s = VectorMathTests.values(rows * width, seed: 3, range: -20...20)
        let weights = VectorMathTests.values(rows * width, seed: 4)
        func softmax(_ row: [Double]) -> [Double] {
            let e = row.map { exp(scale * ($0 - row.max()!)) }
            return e.map { $0 / e.reduce(0, +) }
        }
        var dp = weights
        let p = (0..<rows).flatMap { r in softmax(s[(r * width)..<((r + 1) * width)].map(Double.init)).map { Float($0) }
        }
        try VectorMathTests.kernels(kind).softmax_backward(p, &dp, rows, width, width, Float(scale))
        for r in 0..<rows {
            let range = (r * width)..<((r + 1) * width)
            let expected = FiniteDifferences.gradient(
                of: { row in zip(softmax(row), weights[range]).reduce(0) { $0 + $1.0 * Double($1.1) } },
                at: s[range].map(Double.init), indices: Array(0..<width))
            let difference = Difference(Array(dp[range]), expected.map { Float($0) })
            #expect(difference.maxAbsolute < 1e-6, "\(difference)")
        }
    }

    @Test("Layer norm's backward pass agrees", arguments: VectorMathTests.kinds, [2, 3, 8, 17, 48, 65])
    func layerNorm(kind: String, width: Int) throws {
        let (rows, epsilon) = (3, 1e-3)
        let x = VectorMathTests.values(rows * width, seed: 5)
        let dy = VectorMathTests.values(rows * width, seed: 6)
        let (gamma, beta) = (VectorMathTests.values(width, seed: 7), VectorMathTests.values(width, seed: 8))
        /// The loss as a function of x, gamma and beta, one after another.
        func loss(_ arguments: [Double]) -> Double {
            let (gamma, beta) = (
                arguments[(rows * width)..<((rows + 1) * width)], arguments[((rows + 1) * width)...]
            )
            return (0..<rows).reduce(0) { sum, r in
                let row = arguments[(r * width)..<((r + 1) * width)]
                let mean = row.reduce(0, +) / Double(width)
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
                return (0..<width).reduce(sum) {
                    let normalized = (row[r * width + $1] - mean) / (variance + epsilon).squareRoot()
                    let y = normalized * gamma[rows * width + $1] + beta[(rows + 1) * width + $1]
                    return $0 + y * Double(dy[r * width + $1])
                }
            }
        }
        let arguments = (x + gamma + beta).map(Double.init)
        let expected = FiniteDifferences.gradient(of: loss, at: arguments, indices: Array(arguments.indices))
        let start = VectorMathTests.values(rows * width + 2 * width, seed: 9)
        for adds in [false, true] {
            var (dx, dgamma, dbeta) = (
                Array(start[..<(rows * width)]), Array(start[(rows * width)..<((rows + 1) * width)]),
                Array(start[((rows + 1) * width)...])
            )
            x.withUnsafeBufferPointer { x in
                dy.withUnsafeBufferPointer { dy in
                    gamma.withUnsafeBufferPointer { gamma in
                        dx.withUnsafeMutableBufferPointer { dx in
                            dgamma.withUnsafeMutableBufferPointer { dgamma in
                                dbeta.withUnsafeMutableBufferPointer { dbeta in
                                    var of = dsv_layer_norm_gradient()
                                    (of.x, of.dy) = (x.baseAddress, dy.baseAddress)
                                    (of.rows, of.width) = (rows, width)
                                    (of.gamma, of.epsilon) = (gamma.baseAddress, Float(epsilon))
                                    (of.adds, of.dx) = (adds ? 1 : 0, dx.baseAddress)
                                    (of.dgamma, of.dbeta) = (dgamma.baseAddress, dbeta.baseAddress)
                                    dsv_kernels_named(kind)!.pointee.layer_norm_backward(&of)
                                }
                            }
                        }
                    }
                }
            }
            let sums = expected.enumerated().map { i, value in
                Float(value) + (i >= rows * width || adds ? start[i] : 0)
            }
            let difference = Difference(dx + dgamma + dbeta, sums)
            #expect(difference.maxAbsolute < 2e-4 && difference.relativeL2 < 1e-5, "\(difference)")
        }
    }
}

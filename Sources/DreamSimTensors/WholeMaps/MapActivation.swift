import Foundation

/// Nonlinearities of fitted networks, element by element, with backward passes that need their results only.
package enum MapActivation: Hashable, Sendable {
    /// v where v > 0, slope * v elsewhere; the slope must be positive.
    case leakyReLU(slope: Float)
    /// 1 / (1 + exp(-v)).
    case sigmoid

    /// y = activation(x).
    package func forward(_ x: Tensor) -> Tensor {
        Self.map(x, x) { x, _, y, count in
            switch self {
            case .leakyReLU(let slope): for i in 0..<count { y[i] = x[i] > 0 ? x[i] : slope * x[i] }
            case .sigmoid: for i in 0..<count { y[i] = 1 / (1 + exp(-x[i])) }
            }
        }
    }

    /// dx = dy * activation'(x).
    /// - Parameters:
    ///   - dOutput: dy.
    ///   - output: y.
    package func backward(dOutput: Tensor, output: Tensor) -> Tensor {
        precondition(dOutput.shape == output.shape, "gradient \(dOutput.shape) of \(output.shape)")
        return Self.map(dOutput, output) { dy, y, dx, count in
            switch self {
            case .leakyReLU(let slope): for i in 0..<count { dx[i] = y[i] > 0 ? dy[i] : slope * dy[i] }
            case .sigmoid: for i in 0..<count { dx[i] = dy[i] * y[i] * (1 - y[i]) }
            }
        }
    }

    private static func map(
        _ a: Tensor, _ b: Tensor,
        _ body: @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
    ) -> Tensor {
        a.withUnsafeBufferPointer { first in
            b.withUnsafeBufferPointer { second in
                Tensor(uninitialized: a.shape) { result in
                    guard let base = result.baseAddress, first.count > 0 else { return }
                    let (x, y, z) = (
                        MatrixView(reading: first.baseAddress!, rows: 1, columns: first.count),
                        MatrixView(reading: second.baseAddress!, rows: 1, columns: first.count),
                        MatrixView(base, rows: 1, columns: first.count)
                    )
                    Parallel.forEachRange(first.count, multiple: 1 << 14) { range in
                        let start = range.lowerBound
                        body(x.base + start, y.base + start, z.base + start, range.count)
                    }
                }
            }
        }
    }
}

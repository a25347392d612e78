internal import CDreamSimKernels

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta over the innermost dimension, with the population variance
/// (Ba et al. 2016).
package struct LayerNorm: Sendable {
    /// [width].
    package let gamma: Tensor
    /// [width].
    package let beta: Tensor
    package let epsilon: Float

    package init(gamma: Tensor, beta: Tensor, epsilon: Float) {
        precondition(gamma.shape == beta.shape && gamma.shape.rank == 1, "gamma \(gamma.shape), beta \(beta.shape)")
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon
    }

    /// Normalizes every row of x into y; both are contiguous, and may be the same memory.
    package func forward(_ x: MatrixView, into y: MatrixView) {
        precondition(
            x.columns == gamma.count && x.stride == x.columns && y.stride == y.columns && x.rows == y.rows,
            "layer norm of width \(gamma.count) over \(x.rows)x\(x.columns)")
        withParameters { parameters in
            let epsilon = epsilon
            Parallel.forEachRange(x.rows, multiple: 16) { range in
                let x = x.rows(range)
                dsv_layer_norm(
                    x.base, x.rows, x.columns, parameters.gamma, parameters.beta, epsilon, y.rows(range).base)
            }
        }
    }

    func withParameters(_ body: (Parameters) -> Void) {
        gamma.withUnsafeBufferPointer { gamma in
            beta.withUnsafeBufferPointer { beta in
                body(Parameters(gamma: gamma.baseAddress!, beta: beta.baseAddress!))
            }
        }
    }

    /// `@unchecked Sendable`: read-only memory that outlives the parallel loop.
    struct Parameters: @unchecked Sendable {
        let gamma: UnsafePointer<Float>
        let beta: UnsafePointer<Float>
    }
}

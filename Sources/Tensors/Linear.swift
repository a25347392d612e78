internal import CVectorMath

/// y = x Wᵀ + b, with what commonly follows done while the result is still in the cache.
package struct Linear: Sendable {
    /// [outputs, inputs], as checkpoints store it.
    package let weight: Tensor
    /// [outputs].
    package let bias: Tensor

    /// What is done with x Wᵀ.
    package enum Completion {
        /// y = x Wᵀ + b.
        case bias
        /// y = activation(x Wᵀ + b).
        case activation(Activation)
        /// residual += scale * (x Wᵀ + b), with a scale for each output, or 1; y is scratch.
        case residual(MatrixView, scale: Tensor?)
    }

    package init(weight: Tensor, bias: Tensor) {
        precondition(
            weight.shape.rank == 2 && bias.shape == [weight.shape[0]],
            "linear layer of weight \(weight.shape) and bias \(bias.shape)")
        self.weight = weight
        self.bias = bias
    }

    package var outputs: Int { weight.shape[0] }
    package var inputs: Int { weight.shape[1] }

    /// Computes y for all rows of x. The outputs are split over the threads, so that each reads its own part of W.
    package func forward(_ x: MatrixView, into y: MatrixView, then completion: Completion) {
        weight.withUnsafeBufferPointer { weight in
            bias.withUnsafeBufferPointer { bias in
                let weight = MatrixView(reading: weight.baseAddress!, rows: outputs, columns: inputs)
                let bias = SendablePointer(bias.baseAddress!)
                let completion = SendableCompletion(completion)
                Parallel.forEachRange(outputs, multiple: 64) { range in
                    let y = y.columns(range)
                    multiply(x, .none, weight.rows(range), .transposed, into: y)
                    completion.finish(y, bias: bias.pointer + range.lowerBound, range)
                }
            }
        }
    }
}

/// `@unchecked Sendable`: read-only memory that outlives the parallel loop.
private struct SendablePointer: @unchecked Sendable {
    let pointer: UnsafePointer<Float>
    init(_ pointer: UnsafePointer<Float>) { self.pointer = pointer }
}

/// `@unchecked Sendable`: every thread finishes its own columns.
private struct SendableCompletion: @unchecked Sendable {
    let completion: Linear.Completion
    init(_ completion: Linear.Completion) { self.completion = completion }

    func finish(_ y: MatrixView, bias: UnsafePointer<Float>, _ range: Range<Int>) {
        switch completion {
        case .bias:
            dsv_bias(y.base, y.rows, y.columns, y.stride, bias)
        case .activation(let activation):
            activation.apply(to: y, addingBias: bias)
        case .residual(let residual, let scale):
            precondition(residual.stride == y.stride, "residual stride \(residual.stride), expected \(y.stride)")
            let x = residual.columns(range)
            if let scale {
                scale.withUnsafeBufferPointer {
                    dsv_bias_residual(
                        x.base, y.base, y.rows, y.columns, y.stride, bias, $0.baseAddress! + range.lowerBound)
                }
            } else {
                dsv_bias_residual(x.base, y.base, y.rows, y.columns, y.stride, bias, nil)
            }
        }
    }
}

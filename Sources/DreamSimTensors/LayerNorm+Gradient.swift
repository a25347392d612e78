internal import CDreamSimKernels

extension LayerNorm {
    /// Gradients of gamma and beta, [width] each, which are added to.
    package struct Gradient {
        package var gamma: MatrixView
        package var beta: MatrixView

        package init(gamma: MatrixView, beta: MatrixView) {
            self.gamma = gamma
            self.beta = beta
        }
    }

    /// Rows whose shares of the gradients of gamma and beta are summed first: the same for any number of threads, and so
    /// is the result.
    private static let rowsTogether = 128

    /// The gradient of the input.
    /// - Parameters:
    ///   - x: what was normalized, [rows, width], contiguous.
    ///   - dOutput: [rows, width], contiguous; may be `dInput`'s memory unless `adds`.
    ///   - dInput: [rows, width], contiguous.
    ///   - adds: whether the result is added to dInput.
    ///   - gradient: where the gradients of gamma and beta are added; nil when they are not wanted.
    package func backward(
        _ x: MatrixView, dOutput: MatrixView, into dInput: MatrixView, adds: Bool, parameters gradient: Gradient? = nil
    ) {
        let width = gamma.count
        precondition(
            x.columns == width && [x, dOutput, dInput].allSatisfy { $0.stride == width && $0.rows == x.rows },
            "layer norm of width \(width) over \(x.rows)x\(x.columns), gradient \(dOutput.rows)x\(dOutput.columns)")
        let parts = (x.rows + Self.rowsTogether - 1) / Self.rowsTogether
        var sums = Tensor(zeros: [gradient == nil ? 0 : parts, 2, width])
        gamma.withUnsafeBufferPointer { gamma in
            sums.withUnsafeMutableBufferPointer { sums in
                let parameters = MatrixView(reading: gamma.baseAddress!, rows: 1, columns: width)
                let shares = MatrixView(sums.baseAddress!, rows: 2 * parts, columns: width)
                let (epsilon, wanted) = (epsilon, gradient != nil)
                Parallel.forEach(parts) { part in
                    let rows = (part * Self.rowsTogether)..<min(x.rows, (part + 1) * Self.rowsTogether)
                    var arguments = dsv_layer_norm_gradient()
                    arguments.x = UnsafePointer(x.rows(rows).base)
                    arguments.dy = UnsafePointer(dOutput.rows(rows).base)
                    (arguments.rows, arguments.width) = (rows.count, width)
                    arguments.gamma = UnsafePointer(parameters.base)
                    arguments.epsilon = epsilon
                    arguments.adds = adds ? 1 : 0
                    arguments.dx = dInput.rows(rows).base
                    if wanted {
                        arguments.dgamma = shares.rows((2 * part)..<(2 * part + 1)).base
                        arguments.dbeta = arguments.dgamma + width
                    }
                    dsv_layer_norm_backward(&arguments)
                }
                guard let gradient else { return }
                for part in 0..<parts {
                    let share = shares.base + 2 * part * width
                    for i in 0..<width {
                        gradient.gamma.base[i] += share[i]
                        gradient.beta.base[i] += share[width + i]
                    }
                }
            }
        }
    }
}

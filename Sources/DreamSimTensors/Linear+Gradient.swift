internal import CDreamSimKernels

extension Linear {
    /// The layer that takes the gradient of this one's output to the gradient of its input, dX = dY W: this layer's
    /// weight packed the other way round, in single precision, and no bias.
    /// - Parameter scale: [outputs], what this layer's outputs are multiplied with afterwards; nil for 1.
    package func transposed(scalingOutputs scale: Tensor? = nil) -> Linear {
        var matrix = weight.unpacked()
        if let scale {
            precondition(scale.count == outputs, "scale \(scale.shape) for \(outputs) outputs")
            let scale = scale.values
            matrix.withUnsafeMutableBufferPointer { matrix in
                for o in 0..<outputs {
                    for i in 0..<inputs { matrix[o * inputs + i] *= scale[o] }
                }
            }
        }
        return Linear(weight: PackedMatrix(packingTransposed: matrix), bias: Tensor(zeros: [inputs]))
    }

    /// Outputs whose gradients one thread computes at a time: the same for any number of threads, and so is the result.
    private static let outputsTogether = 64

    /// Adds to the gradient of a weight, dW += scale * dYᵀ X.
    /// - Parameters:
    ///   - dOutput: [rows, outputs].
    ///   - input: [rows, inputs].
    ///   - dWeight: [outputs, inputs].
    package static func addWeightGradient(
        dOutput: BlockedMatrix, input: BlockedMatrix, scale: Float = 1, into dWeight: MatrixView
    ) {
        precondition(
            dOutput.rows == input.rows && dWeight.rows == dOutput.columns && dWeight.columns == input.columns,
            "weight \(dWeight.rows)x\(dWeight.columns) of gradients \(dOutput.rows)x\(dOutput.columns) and inputs "
                + "\(input.rows)x\(input.columns)")
        let parts = (0..<dOutput.blocks).flatMap { block -> [Range<Int>] in
            let columns = dOutput.columns(ofBlock: block)
            return stride(from: columns.lowerBound, to: columns.upperBound, by: outputsTogether).map {
                $0..<min($0 + outputsTogether, columns.upperBound)
            }
        }
        Parallel.forEach(parts.count * input.blocks) { index in
            let (outputs, inputs) = (parts[index / input.blocks], input.columns(ofBlock: index % input.blocks))
            multiply(
                dOutput.view(outputs), .transposed, input.view(inputs), .none,
                into: dWeight.rows(outputs).columns(inputs), scale: scale, keep: 1)
        }
    }

    /// Adds to the gradient of a bias: the sum of dY over its rows.
    /// - Parameters:
    ///   - dOutput: [rows, outputs].
    ///   - dBias: [1, outputs].
    package static func addBiasGradient(dOutput: BlockedMatrix, into dBias: MatrixView) {
        precondition(dBias.columns == dOutput.columns, "bias of \(dBias.columns) for \(dOutput.columns) outputs")
        for block in 0..<dOutput.blocks {
            let columns = dOutput.columns(ofBlock: block)
            let (source, target) = (dOutput.view(columns), dBias.base + columns.lowerBound)
            for r in 0..<source.rows {
                let row = source.base + r * source.stride
                for i in 0..<columns.count { target[i] += row[i] }
            }
        }
    }
}

internal import CDreamSimKernels

extension UnitDifferences {
    /// The gradient of scale times the sum over all places of the differences, with respect to the features x, which are
    /// the results of a ReLU: it continues to the input of the ReLU.
    ///
    /// Finite everywhere: where x is 0 at all channels, and its norm has no derivative, the ReLU lets nothing through.
    /// - Parameters:
    ///   - x: features of one image, [rows, columns, channels].
    ///   - y: those that they are compared with.
    ///   - weights: [channels].
    ///   - dInput: receives the gradient.
    package static func backward(_ x: MapRows, _ y: MapRows, weights: Tensor, scale: Float, into dInput: MapRows) {
        precondition(
            x.rows == y.rows && x.columns == y.columns && x.channels == y.channels && weights.count == x.channels
                && dInput.rows == x.rows && dInput.columns == x.columns && dInput.channels == x.channels,
            "features of \(x.rows)x\(x.columns)x\(x.channels) and \(y.rows)x\(y.columns)x\(y.channels)")
        weights.withUnsafeBufferPointer { weights in
            let weights = MatrixView(reading: weights.baseAddress!, rows: 1, columns: x.channels)
            Parallel.forEachRange(x.rows, multiple: 1) { range in
                for row in range {
                    dsv_unit_differences_backward(
                        x.row(row), y.row(row), x.columns, x.channels, weights.base, scale, dInput.row(row))
                }
            }
        }
    }
}

internal import CDreamSimKernels

/// The gradient of what depends on a map through the means, variances and covariances of its channels:
/// dx = constant + slopeX (x - meanX) + slopeY (y - meanY), channel by channel.
package struct ChannelGradient: Sendable {
    /// Each of the five for every channel.
    private var values: [Float]
    private let channels: Int

    /// - Parameter coefficients: called for each channel.
    package init(
        channels: Int,
        _ coefficients: (Int) -> (constant: Double, meanX: Double, slopeX: Double, meanY: Double, slopeY: Double)
    ) {
        self.channels = channels
        values = [Float](repeating: 0, count: 5 * channels)
        for c in 0..<channels {
            let all = coefficients(c)
            for (index, value) in [all.constant, all.meanX, all.slopeX, all.meanY, all.slopeY].enumerated() {
                values[index * channels + c] = Float(value)
            }
        }
    }

    /// Computes the gradient of a map.
    /// - Parameters:
    ///   - y: the second map, where there is one.
    ///   - gated: whether x is the result of a ReLU, through which the gradient continues.
    ///   - dInput: receives the gradient.
    package func apply(_ x: MapRows, _ y: MapRows? = nil, gated: Bool, into dInput: MapRows) {
        precondition(
            x.channels == channels && dInput.channels == channels && dInput.rows == x.rows
                && dInput.columns == x.columns && (y == nil || y?.rows == x.rows && y?.columns == x.columns),
            "gradient of \(channels) channels over \(x.rows)x\(x.columns)x\(x.channels)")
        values.withUnsafeBufferPointer { values in
            let rows = MatrixView(reading: values.baseAddress!, rows: 5, columns: channels)
            Parallel.forEachRange(x.rows, multiple: 1) { range in
                var gradient = dsv_channel_gradient(
                    constant: rows.base, mean_x: rows.base + channels, slope_x: rows.base + 2 * channels,
                    mean_y: rows.base + 3 * channels, slope_y: rows.base + 4 * channels, gated: gated ? 1 : 0)
                for row in range {
                    dsv_channel_gradient(
                        &gradient, x.row(row), y?.row(row), x.columns, channels, dInput.row(row))
                }
            }
        }
    }
}

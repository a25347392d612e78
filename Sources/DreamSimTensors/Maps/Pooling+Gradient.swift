internal import CDreamSimKernels

/// A layer without weights that goes back from its result's gradient.
package protocol PoolingLayer: MapLayer {
    /// Adds the gradient of the layer's input.
    /// - Parameters:
    ///   - x: of each image the input with the window's padding; the result of a ReLU, which the gradient goes through.
    ///   - dOutput: of each image the gradient of the result.
    ///   - dInput: of each image the gradient of the input, with the padding.
    func backward(_ x: [MapRows], dOutput: [MapRows], into dInput: [MapRows])
}

extension MaxPooling: PoolingLayer {
    /// A gradient goes to the first of the largest values of a window, as in PyTorch, and nowhere when that is 0.
    package func backward(_ x: [MapRows], dOutput: [MapRows], into dInput: [MapRows]) {
        poolBackward(x, dOutput, dInput, window) { dsv_max_pool_backward($0) }
    }
}

extension L2Pooling: PoolingLayer {
    /// dx = h x / y dy: finite everywhere, because y is at least 1e-6.
    package func backward(_ x: [MapRows], dOutput: [MapRows], into dInput: [MapRows]) {
        poolBackward(x, dOutput, dInput, window) { dsv_l2_pool_backward($0) }
    }
}

/// Windows overlap, so that rows cannot be shared out among threads; images and channels can.
private func poolBackward(
    _ x: [MapRows], _ dOutput: [MapRows], _ dInput: [MapRows], _ window: MapWindow,
    _ kernel: @Sendable (UnsafePointer<dsv_pooling_gradient>) -> Void
) {
    guard let first = dOutput.first, first.rows > 0 else { return }
    precondition(
        x.count == dOutput.count && x.count == dInput.count && x[0].channels == first.channels
            && dInput[0].channels == first.channels && x[0].rows == dInput[0].rows
            && x[0].columns == dInput[0].columns && x[0].rows > (first.rows - 1) * window.step
            && x[0].columns > (first.columns - 1) * window.step,
        "pooling of \(x[0].rows)x\(x[0].columns)x\(x[0].channels), gradient of "
            + "\(first.rows)x\(first.columns)x\(first.channels) into \(dInput[0].rows)x\(dInput[0].columns)")
    // Whole cache lines a thread.
    let units = (first.channels + 15) / 16
    let chunks = min(units, max(1, (Parallel.threads + x.count - 1) / x.count))
    Parallel.forEach(x.count * chunks) { index in
        let (image, chunk) = index.quotientAndRemainder(dividingBy: chunks)
        let channels = (units * chunk / chunks * 16)..<min(first.channels, units * (chunk + 1) / chunks * 16)
        let (source, gradient, target) = (x[image], dOutput[image], dInput[image])
        for row in 0..<gradient.rows {
            let from = row * window.step
            var pooling = dsv_pooling_gradient(
                x: source.row(from) + channels.lowerBound, x_stride: source.stride, columns: source.columns,
                rows: source.rows - from, channels: source.channels, count: channels.count, size: window.size,
                step: window.step, outputs: gradient.columns, dy: gradient.row(row) + channels.lowerBound,
                dx: target.row(from) + channels.lowerBound, dx_stride: target.stride)
            kernel(&pooling)
        }
    }
}

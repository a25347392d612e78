extension ConvolutionLayer {
    /// The gradients of what a convolution is made from.
    package struct Gradients {
        /// Of x; nil when it was not wanted.
        package let input: Tensor?
        /// [outputs, size, size, inputs].
        package let weight: Tensor
        /// [outputs].
        package let bias: Tensor
    }

    /// The backward pass. It does not depend on the number of threads.
    /// - Parameters:
    ///   - dOutput: the gradient of y.
    ///   - input: x.
    ///   - weight: as it was.
    ///   - wantsInput: whether the gradient of x is wanted.
    package func backward(dOutput: Tensor, input x: Tensor, weight: Tensor, wantsInput: Bool = true) -> Gradients {
        check(x, weight)
        precondition(
            dOutput.shape == outputShape(of: x.shape), "gradient \(dOutput.shape), not \(outputShape(of: x.shape))")
        let gradient = ConvolutionGradient(
            weight: weight.reshaped([outputs, weight.count / outputs]), inputChannels: inputs, window: window)
        // Mirrored places have gradients that belong to the places they mirror.
        let wanted = padding == .zeros ? window.padding : 0
        let (rows, columns) = (
            gradient.axis(x.shape[1], wanted: wanted..<(x.shape[1] + 2 * window.padding - wanted)),
            gradient.axis(x.shape[2], wanted: wanted..<(x.shape[2] + 2 * window.padding - wanted))
        )
        let wide = x.shape[2] + 2 * window.padding
        let (height, width, before) = (dOutput.shape[1], dOutput.shape[2], rows.before)
        // With rows of the input and of the gradient equally far apart, a step of 1 needs one product for all rows.
        let pitch = max(before + width + columns.after, wide)
        let around = MapBatch(
            count: x.shape[0], .init(height: height, width: width, channels: outputs),
            border: .init(before: before, right: pitch - before - width, bottom: rows.after))
        around.fill(from: dOutput)
        let parameters = parameterGradients(around, padded(x, pitch: pitch), pitch: pitch)
        guard wantsInput else { return Gradients(input: nil, weight: parameters.weight, bias: parameters.bias) }
        let dPadded = MapBatch(
            count: x.shape[0], .init(height: rows.places, width: columns.places, channels: inputs))
        gradient.backward(around.views(before: before, rows: rows.read, columns: columns.read), into: dPadded.maps)
        let views = dPadded.maps.map {
            MapRows(
                $0.row(rows.offset) + columns.offset * inputs, rows: x.shape[1] + 2 * (window.padding - wanted),
                columns: x.shape[2] + 2 * (window.padding - wanted), channels: inputs, stride: $0.stride)
        }
        let border = window.padding - wanted
        if border > 0 { for view in views { Mirror(view, border: border).fold() } }
        let dInput = Tensor(uninitialized: x.shape) { target in
            for (source, target) in zip(views, MapRows.views(of: target.baseAddress!, shape: x.shape)) {
                for row in 0..<target.rows {
                    target.row(row).update(
                        from: source.row(row + border) + border * inputs, count: target.columns * inputs)
                }
            }
        }
        return Gradients(input: dInput, weight: parameters.weight, bias: parameters.bias)
    }

    /// Outputs of one product: the same for any number of threads, and so is the result.
    private static let outputsTogether = 64

    private func parameterGradients(_ dOutput: MapBatch, _ x: MapBatch, pitch: Int) -> (weight: Tensor, bias: Tensor) {
        let (size, step) = (window.size, window.step)
        let (height, width) = (dOutput.extent.height, dOutput.extent.width)
        // Runs of places whose windows are equally far apart: a row, or all rows.
        let runs = step == 1 ? 1 : height
        let count = step == 1 ? (height - 1) * pitch + width : width
        let chunks = (outputs + Self.outputsTogether - 1) / Self.outputsTogether
        let (gradients, sources) = (dOutput.maps, x.padded)
        precondition(gradients[0].stride == pitch * outputs && sources[0].stride == pitch * inputs, "rows lie apart")
        var weight = Tensor(zeros: weightShape)
        let operations = 2 * x.count * height * width * weight.count
        weight.withUnsafeMutableBufferPointer { weight in
            let target = MatrixView(weight.baseAddress!, rows: outputs, columns: size * size * inputs)
            Timings.measure(.convolution, operations: operations) {
                Parallel.forEach(size * size * chunks) { index in
                    let (tap, chunk) = index.quotientAndRemainder(dividingBy: chunks)
                    let range = (outputs * chunk / chunks)..<(outputs * (chunk + 1) / chunks)
                    let part = target.rows(range).columns((tap * inputs)..<((tap + 1) * inputs))
                    for (gradient, source) in zip(gradients, sources) {
                        for run in 0..<runs {
                            let left = MatrixView(
                                gradient.row(run) + range.lowerBound, rows: count, columns: range.count,
                                stride: outputs)
                            let right = MatrixView(
                                source.row(run * step + tap / size) + tap % size * inputs, rows: count,
                                columns: inputs, stride: step * inputs)
                            multiply(left, .transposed, right, .none, into: part, keep: 1)
                        }
                    }
                }
            }
        }
        var sums = [Moments](repeating: Moments(channels: outputs), count: gradients.count)
        Moments.add(single: gradients, to: &sums)
        let bias = (0..<outputs).map { c in Float(sums.reduce(0) { $0 + $1.meanX[c] * $1.count }) }
        return (weight, Tensor(bias, shape: [outputs]))
    }
}

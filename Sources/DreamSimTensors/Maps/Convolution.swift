internal import CDreamSimKernels

/// A convolution over channels-last maps with what follows it: y = activation(W * x + b).
///
/// It is a packed product whose rows are the places of the result: where channels come last, the values that a row of the
/// kernel covers lie side by side, so that nothing is gathered or copied.
package struct Convolution: MapLayer {
    package let window: MapWindow
    package let inputChannels: Int
    /// W [outputs, rows of the kernel, columns of the kernel, input channels], in single precision or in int16.
    package let weight: PackedMatrix
    /// [outputs].
    package let bias: Tensor
    package let activation: Activation?

    /// - Parameters:
    ///   - weight: [outputs, size * size * inputChannels], the input channels innermost.
    ///   - bias: [outputs].
    package init(
        weight: PackedMatrix, bias: Tensor, inputChannels: Int, window: MapWindow, activation: Activation? = .relu
    ) {
        precondition(
            weight.inputs == window.size * window.size * inputChannels && bias.shape == [weight.outputs],
            "convolution \(window.size)x\(window.size) of \(inputChannels) channels with a weight of "
                + "\(weight.outputs)x\(weight.inputs) and bias \(bias.shape)")
        if case .integers(let panels) = weight.panels {
            precondition(
                panels.precision == .int16
                    && panels.block == Self.integerBlock(window, inputChannels: inputChannels),
                "convolution of \(inputChannels) channels with blocks of \(panels.block) in \(panels.precision)")
        }
        self.weight = weight
        self.bias = bias
        self.inputChannels = inputChannels
        self.window = window
        self.activation = activation
    }

    package func outputChannels(of inputs: Int) -> Int { weight.outputs }

    /// Multiplications and additions over a number of places.
    package func operations(places: Int) -> Int { 2 * places * weight.inputs * weight.outputs }

    package func forward(_ x: [MapRows], into y: [MapRows]) {
        forward(x, into: y, adding: false, gates: [])
    }

    /// The same, with what backward passes want besides.
    /// - Parameters:
    ///   - adding: whether the result is added to y; then there must be no activation.
    ///   - gates: of each image, the results of a ReLU in whose places y stands: y is 0 where they are not positive;
    ///     empty for none.
    func forward(_ x: [MapRows], into y: [MapRows], adding: Bool, gates: [MapGate]) {
        guard let first = y.first, first.rows > 0 else { return }
        precondition(
            x.count == y.count && x[0].channels == inputChannels && first.channels == weight.outputs
                && x[0].rows >= (first.rows - 1) * window.step + window.size
                && x[0].columns >= (first.columns - 1) * window.step + window.size,
            "convolution of \(x[0].rows)x\(x[0].columns)x\(x[0].channels) into "
                + "\(first.rows)x\(first.columns)x\(first.channels)")
        precondition(!adding || activation == nil, "a sum is not activated")
        precondition(gates.isEmpty || gates.count == y.count, "\(gates.count) gates of \(y.count) maps")
        let operations = operations(places: y.count * first.rows * first.columns)
        Timings.measure(.convolution, operations: operations) {
            if case .integers(let panels) = weight.panels {
                precondition(!adding && gates.isEmpty, "a backward pass with integers")
                return forwardRounding(x, panels, into: y)
            }
            weight.withPanels { panels in
                bias.withUnsafeBufferPointer { bias in
                    let work = Work(
                        layer: self, panels: panels, bias: bias.baseAddress!, parts: Parts(self, y), x: x, y: y,
                        adding: adding, gates: gates)
                    Parallel.forEach(work.parts.count) { work.run($0) }
                }
            }
        }
    }

    /// How the work is cut up: images, blocks of rows that stay in a core's cache, and chunks of outputs enough to keep
    /// all threads busy to the end. Every result is computed the same way wherever the cuts are.
    struct Parts {
        let rows, outputs, rowBlocks, chunks, count: Int

        init(_ layer: Convolution, _ y: [MapRows]) {
            rows = y[0].rows
            outputs = layer.weight.outputs
            // As many places as the product takes at a time.
            rowBlocks = (rows * y[0].columns + 399) / 400 <= 1 ? 1 : min(rows, (rows * y[0].columns + 199) / 200)
            let wanted = Parallel.threads == 1 ? 1 : 4 * Parallel.threads
            let blocks = rowBlocks * y.count
            chunks = min(max(1, outputs / 64), max(1, (wanted + blocks - 1) / blocks))
            count = blocks * chunks
        }

        subscript(index: Int) -> (image: Int, rows: Range<Int>, outputs: Range<Int>) {
            let (block, chunk) = index.quotientAndRemainder(dividingBy: chunks)
            let (image, row) = block.quotientAndRemainder(dividingBy: rowBlocks)
            let units = (outputs + 31) / 32
            let lower = units * chunk / chunks * 32
            return (
                image, (rows * row / rowBlocks)..<(rows * (row + 1) / rowBlocks),
                lower..<min(outputs, units * (chunk + 1) / chunks * 32)
            )
        }
    }

    /// `@unchecked Sendable`: memory that outlives the parallel loop; every thread writes its own part of it.
    private struct Work: @unchecked Sendable {
        let layer: Convolution
        let panels: PanelPointer
        let bias: UnsafePointer<Float>
        let parts: Parts
        let x: [MapRows]
        let y: [MapRows]
        let adding: Bool
        let gates: [MapGate]

        /// The inputs that are summed before the result is touched; more of them would push the rest out of the cache.
        private static let inputsTogether = 1536

        func run(_ part: Int) {
            let (image, rows, outputs) = parts[part]
            let (window, weight) = (layer.window, layer.weight)
            let (source, target) = (x[image], y[image].rows(rows))
            var product = dsv_product()
            product.x = UnsafePointer(source.row(rows.lowerBound * window.step))
            product.x_stride = window.step * source.channels
            product.x_block = window.size * source.channels
            product.x_block_stride = source.stride
            product.x_blocks_together = max(1, Self.inputsTogether / product.x_block)
            panels.place(in: &product, from: outputs.lowerBound)
            product.rows = rows.count * target.columns
            product.inputs = weight.inputs
            product.outputs = outputs.count
            product.group = target.columns
            product.x_group_stride = window.step * source.stride
            product.y_group_stride = target.stride
            product.y = target.base + outputs.lowerBound
            product.y_stride = target.channels
            product.bias = bias + outputs.lowerBound
            product.activation = layer.activation?.kernel ?? Int32(DSV_IDENTITY.rawValue)
            product.adds = adding ? 1 : 0
            dsv_multiply_packed(&product)
            // While the sums are still in the cache.
            if !gates.isEmpty { gates[image].close(target, row: rows.lowerBound, channels: outputs) }
        }
    }
}

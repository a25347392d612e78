internal import CDreamSimKernels

/// y = x Wᵀ + b, with what commonly follows done while the result is still in registers.
package struct Linear: Sendable {
    /// W [outputs, inputs].
    package let weight: PackedMatrix
    /// [outputs].
    package let bias: Tensor

    /// What is done with x Wᵀ.
    package enum Completion {
        /// y = x Wᵀ + b.
        case bias
        /// y = activation(x Wᵀ + b).
        case activation(Activation)
        /// y += scale * (x Wᵀ + b), with a scale for each output, or 1.
        case residual(scale: Tensor?)

        /// What products call it: whether they add to what is there, and the activation.
        var kernel: (adds: Int32, activation: Int32) {
            switch self {
            case .bias: (0, Int32(DSV_IDENTITY.rawValue))
            case .activation(let activation): (0, activation.kernel)
            case .residual: (1, Int32(DSV_IDENTITY.rawValue))
            }
        }
    }

    /// - Parameters:
    ///   - weight: [outputs, inputs].
    ///   - bias: [outputs].
    package init(weight: Tensor, bias: Tensor) {
        self.init(weight: PackedMatrix(packing: weight), bias: bias)
    }

    package init(weight: PackedMatrix, bias: Tensor) {
        precondition(
            bias.shape == [weight.outputs], "linear layer of \(weight.outputs) outputs and bias \(bias.shape)")
        self.weight = weight
        self.bias = bias
    }

    package var outputs: Int { weight.outputs }
    package var inputs: Int { weight.inputs }

    /// Multiplications and additions over a number of rows.
    package func operations(rows: Int) -> Int { 2 * rows * inputs * outputs }

    /// Computes y for all rows of x.
    package func forward(_ x: MatrixView, into y: MatrixView, then completion: Completion) {
        forward(BlockedMatrix(x), into: BlockedMatrix(y), then: completion)
    }

    /// Computes `y.columns` outputs for all rows of x. Blocks of y hold whole panels.
    /// - Parameter first: the first output that is wanted, which begins a panel; 0 where weights are integers or outputs
    ///   are scaled.
    package func forward(_ x: BlockedMatrix, from first: Int = 0, into y: BlockedMatrix, then completion: Completion) {
        precondition(
            x.columns == inputs && first + y.columns <= outputs && x.rows == y.rows
                && (y.blocks == 1 || y.block % PackedMatrix.panel == 0) && first % PackedMatrix.panel == 0,
            "linear layer \(outputs)x\(inputs) over \(x.rows)x\(x.columns) into \(y.rows)x\(y.columns)")
        guard x.rows > 0 else { return }
        if case .integers(let panels) = weight.panels {
            precondition(first == 0, "a part of a layer of integers")
            return forwardRounding(x, panels, into: y, then: completion)
        }
        weight.withPanels { panels in
            bias.withUnsafeBufferPointer { bias in
                withScale(of: completion) { scale in
                    let work = Work(
                        panels: panels, bias: bias.baseAddress!, scale: scale, first: first, x: x, y: y,
                        completion: completion)
                    let parts = Parts(rows: x.rows, y: y)
                    Parallel.forEach(parts.count) { part in
                        let (rows, outputs) = parts[part]
                        work.run(rows, outputs)
                    }
                }
            }
        }
    }

    func withScale(of completion: Completion, _ body: (UnsafePointer<Float>?) -> Void) {
        guard case .residual(let scale?) = completion else { return body(nil) }
        precondition(scale.count == outputs, "scale \(scale.shape) for \(outputs) outputs")
        scale.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    /// How a product is cut up: rows into blocks that stay in a core's cache, outputs into chunks enough to keep all
    /// threads busy to the end. Every result is computed the same way wherever the cuts are.
    struct Parts {
        let rows: Int
        let y: BlockedMatrix
        let rowBlocks: Int
        let chunks: Int

        init(rows: Int, y: BlockedMatrix) {
            self.rows = rows
            self.y = y
            rowBlocks = rows <= 224 ? 1 : (rows + 199) / 200
            let wanted = Parallel.threads == 1 ? 1 : 6 * Parallel.threads
            let most = max(1, y.block / 64)
            chunks = min(most, max(1, (wanted + rowBlocks * y.blocks - 1) / (rowBlocks * y.blocks)))
        }

        var count: Int { rowBlocks * y.blocks * chunks }

        subscript(index: Int) -> (rows: Range<Int>, outputs: Range<Int>) {
            let (row, rest) = index.quotientAndRemainder(dividingBy: y.blocks * chunks)
            let (block, chunk) = rest.quotientAndRemainder(dividingBy: chunks)
            let columns = y.columns(ofBlock: block)
            let units = (columns.count + 31) / 32
            let lower = columns.lowerBound + units * chunk / chunks * 32
            let upper = min(columns.upperBound, columns.lowerBound + units * (chunk + 1) / chunks * 32)
            return ((rows * row / rowBlocks)..<(rows * (row + 1) / rowBlocks), min(lower, upper)..<upper)
        }
    }

    /// `@unchecked Sendable`: memory that outlives the parallel loop; every thread writes its own part of it.
    private struct Work: @unchecked Sendable {
        let panels: PanelPointer
        let bias: UnsafePointer<Float>
        let scale: UnsafePointer<Float>?
        let first: Int
        let x: BlockedMatrix
        let y: BlockedMatrix
        let completion: Completion

        func run(_ rows: Range<Int>, _ outputs: Range<Int>) {
            guard !rows.isEmpty && !outputs.isEmpty else { return }
            let target = y.view(outputs).rows(rows)
            var product = dsv_product()
            product.x = UnsafePointer(x.base + rows.lowerBound * x.stride)
            product.x_stride = x.stride
            product.x_block = x.blocks > 1 ? x.block : 0
            product.x_block_stride = x.blockStride
            panels.place(in: &product, from: first + outputs.lowerBound)
            product.rows = rows.count
            product.inputs = panels.inputs
            product.outputs = outputs.count
            product.y = target.base
            product.y_stride = target.stride
            product.bias = bias + first + outputs.lowerBound
            product.scale = scale.map { $0 + outputs.lowerBound }
            (product.adds, product.activation) = completion.kernel
            dsv_multiply_packed(&product)
        }
    }
}

internal import CDreamSimKernels

/// Layers whose weights are integers.
extension Linear {
    /// The block of inputs that the weight takes; nil when it is in single precision.
    package var integers: (precision: Precision, block: Int)? {
        guard case .integers(let panels) = weight.panels else { return nil }
        return (panels.precision, panels.block)
    }

    /// Rounds x and multiplies it.
    func forwardRounding(
        _ x: BlockedMatrix, _ panels: IntegerPanels, into y: BlockedMatrix, then completion: Completion
    ) {
        let bytes = IntegerRows.bytes(
            rows: x.rows, columns: x.columns, block: panels.block, precision: panels.precision)
        Workspace.withArena(of: Workspace.Arena.rounded((bytes + 3) / 4)) { arena in
            let rounded = IntegerRows(
                arena.take((bytes + 3) / 4), rows: x.rows, columns: x.columns, block: panels.block,
                precision: panels.precision)
            rounded.round(x)
            forward(rounded, into: y, then: completion)
        }
    }

    /// Computes the first `y.columns` outputs for all rows of x.
    package func forward(_ x: IntegerRows, into y: BlockedMatrix, then completion: Completion) {
        withWork(x, columns: y.columns, completion) { work in
            precondition(
                y.rows == x.rows && (y.blocks == 1 || y.block % PackedMatrix.panel == 0), "blocks of \(y.block)")
            let parts = Parts(rows: x.rows, y: y)
            Parallel.forEach(parts.count) { part in
                let (rows, outputs) = parts[part]
                guard !rows.isEmpty && !outputs.isEmpty else { return }
                work.run(rows, outputs, into: y.view(outputs).rows(rows))
            }
        }
    }

    /// The rows whose results are rounded together: their sums stay in a core's cache.
    private static let rowsTogether = 98

    /// The elements of scratch memory that `forward(_:rounding:then:scratch:)` needs for each thread.
    package static let roundingScratch = rowsTogether * Int(DSV_INTEGER_BLOCK)

    /// Computes y for all rows of x and rounds it, block by block, while it is in the cache.
    /// - Parameter scratch: a row of `roundingScratch` elements for each thread that may take part.
    package func forward(
        _ x: IntegerRows, rounding y: IntegerRows, then completion: Completion, scratch: MatrixView
    ) {
        precondition(
            y.columns == outputs && y.rows == x.rows && y.block % PackedMatrix.panel == 0
                && scratch.columns >= Self.roundingScratch,
            "rounded blocks of \(y.block) columns, scratch of \(scratch.columns) elements")
        withWork(x, columns: y.columns, completion) { work in
            let groups = (x.rows + Self.rowsTogether - 1) / Self.rowsTogether
            Parallel.forEach(groups * y.blocks, lanes: scratch.rows) { index, lane in
                let (group, block) = index.quotientAndRemainder(dividingBy: y.blocks)
                let rows = (x.rows * group / groups)..<(x.rows * (group + 1) / groups)
                let outputs = (block * y.block)..<min(y.columns, (block + 1) * y.block)
                let sums = MatrixView(
                    scratch.rows(lane..<(lane + 1)).base, rows: rows.count, columns: outputs.count)
                work.run(rows, outputs, into: sums)
                var into = y.kernel
                dsv_round_rows(sums.base, sums.stride, rows.count, &into, rows.lowerBound, block)
            }
        }
    }

    private func withWork(_ x: IntegerRows, columns: Int, _ completion: Completion, _ body: (IntegerWork) -> Void) {
        guard case .integers(let panels) = weight.panels else { preconditionFailure("weights in single precision") }
        precondition(
            x.columns == inputs && x.block == panels.block && x.precision == panels.precision && columns <= outputs,
            "linear layer \(outputs)x\(inputs) in blocks of \(panels.block) over \(x.columns) in blocks of \(x.block)")
        guard x.rows > 0 else { return }
        panels.integers.withUnsafeBytes { integers in
            panels.scales.withUnsafeBufferPointer { scales in
                bias.withUnsafeBufferPointer { bias in
                    withScale(of: completion) { scale in
                        body(
                            IntegerWork(
                                x: x, integers: integers.baseAddress!, scales: scales.baseAddress!,
                                bias: bias.baseAddress!, scale: scale, completion: completion))
                    }
                }
            }
        }
    }

    /// `@unchecked Sendable`: memory that outlives the parallel loop; every thread writes its own part of it.
    private struct IntegerWork: @unchecked Sendable {
        let x: IntegerRows
        let integers: UnsafeRawPointer
        let scales: UnsafePointer<Float>
        let bias: UnsafePointer<Float>
        let scale: UnsafePointer<Float>?
        let completion: Completion

        func run(_ rows: Range<Int>, _ outputs: Range<Int>, into y: MatrixView) {
            let first = outputs.lowerBound / PackedMatrix.panel
            withUnsafePointer(to: x.kernel) { x in
                var product = dsv_integer_product()
                product.x = x
                (product.first_row, product.rows) = (rows.lowerBound, rows.count)
                let panel = self.x.blocks * self.x.block * PackedMatrix.panel * self.x.precision.size
                product.w = integers + first * panel
                product.w_scales = scales + first * self.x.blocks * 2 * PackedMatrix.panel
                product.outputs = outputs.count
                (product.y, product.y_stride) = (y.base, y.stride)
                product.bias = bias + outputs.lowerBound
                product.scale = scale.map { $0 + outputs.lowerBound }
                (product.adds, product.activation) = completion.kernel
                dsv_multiply_integers(&product)
            }
        }
    }
}

extension LayerNorm {
    /// Normalizes every row of x and rounds it; x is contiguous.
    package func forward(_ x: MatrixView, rounding y: IntegerRows) {
        precondition(
            x.columns == gamma.count && x.stride == x.columns && x.rows == y.rows && x.columns == y.columns,
            "layer norm of width \(gamma.count) over \(x.rows)x\(x.columns)")
        withParameters { parameters in
            let epsilon = epsilon
            Parallel.forEachRange(x.rows, multiple: 16) { range in
                var into = y.kernel
                dsv_layer_norm_rounded(
                    x.rows(range).base, range.count, parameters.gamma, parameters.beta, epsilon, &into,
                    range.lowerBound)
            }
        }
    }
}

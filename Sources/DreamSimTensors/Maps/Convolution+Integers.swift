internal import CDreamSimKernels

/// Convolutions whose weights are integers.
extension Convolution {
    /// The inputs of a block that suits a convolution: the rows of the kernel are cut into equal parts. Nil where that does
    /// not come out even, or parts would be so small that their scales took more than integers save: such a convolution,
    /// as the first of a network, stays in single precision.
    package static func integerBlock(_ window: MapWindow, inputChannels: Int) -> Int? {
        let row = window.size * inputChannels
        let least = (row + Int(DSV_INTEGER_BLOCK) - 1) / Int(DSV_INTEGER_BLOCK)
        guard inputChannels >= leastChannels else { return nil }
        return (least...(2 * least)).lazy.map { (parts: $0, block: row / $0) }
            .first { $0.parts * $0.block == row && $0.block.isMultiple(of: Int(DSV_INTEGER_STEP)) }?.block
    }
    private static let leastChannels = 16

    /// Rounds the rows of the maps, each with one scale, and multiplies them.
    func forwardRounding(_ x: [MapRows], _ panels: IntegerPanels, into y: [MapRows]) {
        let (rows, length) = ((y[0].rows - 1) * window.step + window.size, x[0].columns * inputChannels)
        let count = (IntegerRows.bytes(rows: x.count * rows, columns: length, block: length, precision: .int16) + 3) / 4
        Workspace.withArena(of: count) { arena in
            let rounded = IntegerRows(
                arena.take(count), rows: x.count * rows, columns: length, block: length, precision: .int16)
            Parallel.forEachRange(x.count * rows, multiple: 1) { range in
                var into = rounded.kernel
                for index in range {
                    dsv_round_rows(x[index / rows].row(index % rows), length, 1, &into, index, 0)
                }
            }
            panels.integers.withUnsafeBytes { integers in
                panels.scales.withUnsafeBufferPointer { scales in
                    bias.withUnsafeBufferPointer { bias in
                        let work = IntegerWork(
                            layer: self, x: rounded, rowsOfImage: rows, block: panels.block,
                            integers: integers.baseAddress!, scales: scales.baseAddress!, bias: bias.baseAddress!,
                            parts: Parts(self, y), y: y)
                        Parallel.forEach(work.parts.count) { work.run($0) }
                    }
                }
            }
        }
    }

    /// `@unchecked Sendable`: memory that outlives the parallel loop; every thread writes its own part of it.
    private struct IntegerWork: @unchecked Sendable {
        let layer: Convolution
        /// A row for each of the maps' rows.
        let x: IntegerRows
        let rowsOfImage: Int
        let block: Int
        let integers: UnsafeRawPointer
        let scales: UnsafePointer<Float>
        let bias: UnsafePointer<Float>
        let parts: Parts
        let y: [MapRows]

        func run(_ part: Int) {
            let (image, rows, outputs) = parts[part]
            let (window, target) = (layer.window, y[image].rows(rows))
            let shape = dsv_integer_window(
                places: target.columns, place_stride: window.step * layer.inputChannels, row_step: window.step,
                rows: window.size, block: block, blocks: window.size * layer.inputChannels / block,
                y_row_stride: target.stride)
            let panel = outputs.lowerBound / PackedMatrix.panel
            withUnsafePointer(to: x.kernel) { x in
                withUnsafePointer(to: shape) { shape in
                    var product = dsv_integer_product()
                    (product.x, product.window) = (x, shape)
                    product.first_row = image * rowsOfImage + rows.lowerBound * window.step
                    product.rows = rows.count * target.columns
                    product.w = integers + panel * layer.weight.inputs * PackedMatrix.panel * Precision.int16.size
                    product.w_scales = scales + panel * (layer.weight.inputs / block) * 2 * PackedMatrix.panel
                    product.outputs = outputs.count
                    (product.y, product.y_stride) = (target.base + outputs.lowerBound, target.channels)
                    product.bias = bias + outputs.lowerBound
                    product.activation = layer.activation?.kernel ?? Int32(DSV_IDENTITY.rawValue)
                    dsv_multiply_integers(&product)
                }
            }
        }
    }
}

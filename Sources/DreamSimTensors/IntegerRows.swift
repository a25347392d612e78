internal import CDreamSimKernels

/// A window on memory that holds a matrix [rows, columns] of inputs, rounded to integers: blocks of columns, each row of
/// each block with its scale. For kernel files only.
///
/// `@unchecked Sendable`: whoever makes a view sees to it that no two threads write to the same elements.
package struct IntegerRows: @unchecked Sendable {
    package let rows: Int
    package let columns: Int
    /// The columns of a block.
    package let block: Int
    /// `.int16` or `.int8`.
    package let precision: Precision
    private let memory: UnsafeMutableRawPointer

    /// A matrix in contiguous memory of `bytes(rows:columns:block:precision:)` bytes, aligned for `Float`.
    package init(
        _ memory: UnsafeMutableRawPointer, rows: Int, columns: Int, block: Int, precision: Precision
    ) {
        (self.memory, self.rows, self.columns) = (memory, rows, columns)
        (self.block, self.precision) = (block, precision)
    }

    /// The bytes that a matrix takes.
    package static func bytes(rows: Int, columns: Int, block: Int, precision: Precision) -> Int {
        (columns + block - 1) / block * rows * (MemoryLayout<Float>.size + block * precision.size)
    }

    /// The columns of a block that suits products over `columns` inputs.
    package static func block(for columns: Int) -> Int {
        let most = Int(DSV_INTEGER_BLOCK)
        let parts = (columns + most - 1) / most
        // Whole registers where there are several, so that no block but the last is filled up.
        let unit = parts == 1 ? Int(DSV_INTEGER_STEP) : 32
        return ((columns + parts - 1) / parts + unit - 1) / unit * unit
    }

    package var blocks: Int { (columns + block - 1) / block }

    /// Scales first, so that both are aligned.
    var kernel: dsv_integer_rows {
        let scales = memory.assumingMemoryBound(to: Float.self)
        return dsv_integer_rows(
            values: memory + rows * blocks * MemoryLayout<Float>.size, scales: scales, kind: precision.kernel,
            rows: rows, columns: columns, block: block)
    }

    /// Rounds all of a matrix.
    package func round(_ x: BlockedMatrix) {
        precondition(x.rows == rows && x.columns == columns, "\(x.rows)x\(x.columns) into \(rows)x\(columns)")
        Parallel.forEachRange(rows, multiple: 16) { range in
            var into = kernel
            // A block here may lie in two of x's, and is then gathered.
            withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { row in
                for index in 0..<blocks {
                    let wanted = (index * block)..<min(columns, (index + 1) * block)
                    if wanted.lowerBound / x.block == (wanted.upperBound - 1) / x.block {
                        let part = x.view(wanted).rows(range)
                        dsv_round_rows(part.base, part.stride, part.rows, &into, range.lowerBound, index)
                        continue
                    }
                    for r in range {
                        var column = wanted.lowerBound
                        while column < wanted.upperBound {
                            let end = min(wanted.upperBound, (column / x.block + 1) * x.block)
                            let part = x.view(column..<end)
                            (row.baseAddress! + column - wanted.lowerBound).initialize(
                                from: part.base + r * part.stride, count: end - column)
                            column = end
                        }
                        dsv_round_rows(row.baseAddress!, block, 1, &into, r, index)
                    }
                }
            }
        }
    }
}

/// A window on memory that holds a matrix as blocks of columns, each row-major [rows, block]. What the next product
/// multiplies block by block thus lies together, and no two rows lie a large power of two apart. For kernel files only.
///
/// `@unchecked Sendable`: whoever makes a view sees to it that no two threads write to the same elements.
package struct BlockedMatrix: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Float>
    package let rows: Int
    package let columns: Int
    /// The columns of a block; the last one may have fewer, in the same memory.
    package let block: Int
    /// From one row of a block to the next.
    package let stride: Int
    /// From one block to the next.
    package let blockStride: Int

    /// A matrix in contiguous memory of `count(rows:columns:block:)` elements.
    package init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, block: Int) {
        (self.base, self.rows, self.columns) = (base, rows, columns)
        (self.block, stride, blockStride) = (block, block, rows * block)
    }

    /// A matrix of one block.
    package init(_ view: MatrixView) {
        (base, rows, columns) = (view.base, view.rows, view.columns)
        (block, stride, blockStride) = (view.columns, view.stride, 0)
    }

    /// The elements that a matrix takes.
    package static func count(rows: Int, columns: Int, block: Int) -> Int {
        (columns + block - 1) / block * block * rows
    }

    /// The columns of a block that suits products over `columns` inputs: at most 768, a multiple of 32 where there are
    /// several.
    package static func block(for columns: Int) -> Int {
        let parts = (columns + 767) / 768
        return parts == 1 ? columns : ((columns + parts - 1) / parts + 31) / 32 * 32
    }

    /// All elements, of several contiguous blocks or one whose rows lie together; those that fill up the last block too.
    package var buffer: UnsafeMutableBufferPointer<Float> {
        precondition(stride == block && (blocks == 1 || blockStride == rows * block), "rows lie apart")
        return UnsafeMutableBufferPointer(start: base, count: Self.count(rows: rows, columns: columns, block: block))
    }

    /// Multiplies every element by another matrix's, which lies alike.
    package func multiply(by other: BlockedMatrix) {
        let (x, y) = (buffer, other.buffer)
        precondition(
            x.count == y.count && block == other.block, "\(rows)x\(columns) times \(other.rows)x\(other.columns)")
        let (target, factors) = (
            MatrixView(x.baseAddress!, rows: 1, columns: x.count), MatrixView(y.baseAddress!, rows: 1, columns: y.count)
        )
        Parallel.forEachRange(x.count, multiple: 1 << 14) { range in
            let (x, y) = (target.base + range.lowerBound, factors.base + range.lowerBound)
            for i in 0..<range.count { x[i] *= y[i] }
        }
    }

    package var blocks: Int { (columns + block - 1) / block }

    /// The columns that a block holds.
    package func columns(ofBlock index: Int) -> Range<Int> {
        (index * block)..<min(columns, (index + 1) * block)
    }

    /// A window on columns of one block.
    package func view(_ range: Range<Int>) -> MatrixView {
        let index = range.lowerBound / block
        precondition(range.upperBound <= (index + 1) * block, "columns \(range) of blocks of \(block)")
        return MatrixView(
            base + index * blockStride + (range.lowerBound - index * block), rows: rows, columns: range.count,
            stride: stride)
    }
}

internal import CDreamSimKernels

/// Scores of stored rows against several vectors: the products of all with all, a block of rows at a time, so that
/// memory does not depend on the number of rows.
///
/// A few vectors are multiplied with the rows as they pass, at the speed of memory. Many are packed, and blocks of rows
/// are widened to float32 in the cache for the packed product.
package struct RowScan: Sendable {
    /// How many vectors there are.
    package let count: Int
    private let width: Int
    private let method: Method

    private enum Method {
        case passing(Tensor)
        case packed(PackedMatrix)
    }

    /// With so many vectors, packing pays.
    private static let fewest = 4 * Int(DSV_QUERIES) + 1

    /// Prepares vectors.
    /// - Parameter vectors: [count, width].
    package init(_ vectors: Tensor) {
        precondition(vectors.shape.rank == 2, "vectors of shape \(vectors.shape)")
        (count, width) = (vectors.shape[0], vectors.shape[1])
        method = count < Self.fewest ? .passing(vectors) : .packed(PackedMatrix(packing: vectors))
    }

    /// A block of scores.
    package struct Block {
        /// The rows.
        package let rows: Range<Int>
        /// Row-major [rows, count].
        package let scores: UnsafePointer<Float>
        /// Which of the threads this is, in `0..<lanes`.
        package let lane: Int
    }

    /// How many threads `forEachBlock` uses.
    package static var lanes: Int { Parallel.threads }

    /// Calls `body` with the scores of each block of rows, on any of the threads, in no particular order.
    /// - Parameter range: the rows that are wanted.
    package func forEachBlock(
        of rows: StoredRows, in range: Range<Int>, _ body: @Sendable (Block) -> Void
    ) {
        precondition(rows.width == width, "rows of \(rows.width) components and vectors of \(width)")
        guard !range.isEmpty, count > 0 else { return }
        precondition(range.lowerBound >= 0 && range.upperBound <= rows.rows, "rows \(range) of \(rows.rows)")
        let together = rowsTogether(rows)
        let blocks = (range.count + together - 1) / together
        let lanes = min(Self.lanes, blocks)
        let scratch = Scratch(lanes: lanes, scores: together * count, widened: widened(together))
        Parallel.forEach(blocks, lanes: lanes) { block, lane in
            let first = range.lowerBound + block * together
            let part = first..<min(first + together, range.upperBound)
            let memory = scratch.lane(lane)
            guard let start = rows.address(of: first) else { return }
            switch method {
            case .passing(let vectors): pass(start, rows, part.count, vectors, memory.scores)
            case .packed(let matrix): multiply(start, rows, part.count, matrix, memory)
            }
            body(Block(rows: part, scores: UnsafePointer(memory.scores), lane: lane))
        }
    }

    /// A block of rows stays in the second-level cache.
    private func rowsTogether(_ rows: StoredRows) -> Int {
        switch method {
        case .passing: max(16, (256 << 10) / max(1, rows.rowBytes) / 16 * 16)
        case .packed: 192
        }
    }

    private func widened(_ together: Int) -> Int {
        if case .packed = method { return together * min(width, Self.inputs) }
        return 0
    }

    /// The components that are widened and multiplied at once.
    private static let inputs = Int(DSV_INPUT_BLOCK)

    private func pass(
        _ start: UnsafeRawPointer, _ rows: StoredRows, _ number: Int, _ vectors: Tensor,
        _ scores: UnsafeMutablePointer<Float>
    ) {
        vectors.withUnsafeBufferPointer { vectors in
            for first in stride(from: 0, to: count, by: Int(DSV_QUERIES)) {
                var products = dsv_row_products()
                products.x = start
                products.precision = rows.precision.kernel
                products.rows = number
                products.width = width
                products.queries = vectors.baseAddress! + first * width
                products.count = min(Int(DSV_QUERIES), count - first)
                products.y = scores + first
                products.y_stride = count
                dsv_multiply_rows(&products)
            }
        }
    }

    private func multiply(
        _ start: UnsafeRawPointer, _ rows: StoredRows, _ number: Int, _ matrix: PackedMatrix, _ memory: Scratch.Lane
    ) {
        matrix.withPanels { panels in
            for input in stride(from: 0, to: width, by: Self.inputs) {
                let inputs = min(Self.inputs, width - input)
                dsv_widen_rows(
                    start + input * (rows.rowBytes / width), rows.precision.kernel, width, number, inputs,
                    memory.widened)
                var product = dsv_product()
                panels.place(in: &product, from: 0)
                product.w += input * PackedMatrix.panel
                product.x = UnsafePointer(memory.widened)
                product.x_stride = inputs
                product.rows = number
                product.inputs = inputs
                product.outputs = count
                product.y = memory.scores
                product.y_stride = count
                product.adds = input > 0 ? 1 : 0
                product.activation = Int32(DSV_IDENTITY.rawValue)
                dsv_multiply_packed(&product)
            }
        }
    }

    /// Each thread's memory.
    ///
    /// `@unchecked Sendable`: every lane has its own part, and no two threads have the same lane.
    private final class Scratch: @unchecked Sendable {
        struct Lane {
            let scores: UnsafeMutablePointer<Float>
            let widened: UnsafeMutablePointer<Float>
        }

        private let base: UnsafeMutableRawPointer
        private let scores: Int
        private let stride: Int

        init(lanes: Int, scores: Int, widened: Int) {
            func rounded(_ count: Int) -> Int { (count + 31) / 32 * 32 }
            self.scores = rounded(scores)
            stride = rounded(scores) + rounded(widened)
            base = .allocate(byteCount: max(1, lanes * stride) * MemoryLayout<Float>.size, alignment: 64)
        }

        deinit { base.deallocate() }

        func lane(_ index: Int) -> Lane {
            let start = base.assumingMemoryBound(to: Float.self) + index * stride
            return Lane(scores: start, widened: start + scores)
        }
    }
}

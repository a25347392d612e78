internal import CDreamSimKernels

extension StoredRows {
    /// The products of a vector with some rows, in the rows' order.
    /// - Parameters:
    ///   - query: [width].
    ///   - scores: room for as many numbers as there are rows.
    package func products(
        of rows: UnsafeBufferPointer<UInt32>, with query: UnsafePointer<Float>,
        into scores: UnsafeMutablePointer<Float>
    ) {
        var products = dsv_row_products()
        products.precision = precision.kernel
        products.rows = 1
        products.width = width
        products.queries = query
        products.count = 1
        products.y_stride = 1
        for (index, row) in rows.enumerated() {
            precondition(row < self.rows, "row \(row) of \(self.rows)")
            // Rows lie anywhere; the beginning of the next is fetched meanwhile, the rest of it the processor fetches.
            if index + 1 < rows.count, let next = address(of: Int(rows[index + 1])) { dsv_prefetch(next, 512) }
            products.x = address(of: Int(row))
            products.y = scores + index
            dsv_multiply_rows(&products)
        }
    }

    /// What the kernels call the precision of the numbers.
    package var kernelPrecision: Int32 { precision.kernel }
}

/// The product of two vectors of the same width.
package func dotProduct(_ a: [Float], _ b: [Float]) -> Float {
    precondition(a.count == b.count, "vectors of \(a.count) and \(b.count) components")
    return dsv_dot(a, b, a.count)
}

#if canImport(Accelerate)
    import Accelerate
#else
    import CDreamSimBLAS
#endif

/// A window on row-major memory of doubles, as `MatrixView` is on floats. For kernel files only.
///
/// `@unchecked Sendable`: whoever makes a view sees to it that no two threads write to the same elements.
package struct DoubleView: @unchecked Sendable {
    package var base: UnsafeMutablePointer<Double>
    package var rows: Int
    package var columns: Int
    package var stride: Int

    package init(_ base: UnsafeMutablePointer<Double>, rows: Int, columns: Int, stride: Int? = nil) {
        (self.base, self.rows, self.columns) = (base, rows, columns)
        self.stride = stride ?? columns
    }

    /// A window for reading on memory that must not be written.
    package init(reading base: UnsafePointer<Double>, rows: Int, columns: Int, stride: Int? = nil) {
        self.init(UnsafeMutablePointer(mutating: base), rows: rows, columns: columns, stride: stride)
    }

    package func columns(_ range: Range<Int>) -> DoubleView {
        DoubleView(base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    package func rows(_ range: Range<Int>) -> DoubleView {
        DoubleView(base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    }
}

/// c = scale * op(a) op(b) + keep * c in double precision, on the calling thread.
package func multiply(
    _ a: DoubleView, _ opA: Transposition, _ b: DoubleView, _ opB: Transposition, into c: DoubleView,
    scale: Double = 1, keep: Double = 0
) {
    let inner = opA == .none ? a.columns : a.rows
    precondition(
        (opA == .none ? a.rows : a.columns) == c.rows && (opB == .none ? b.columns : b.rows) == c.columns
            && (opB == .none ? b.rows : b.columns) == inner,
        "product of \(a.rows)x\(a.columns) and \(b.rows)x\(b.columns) into \(c.rows)x\(c.columns)")
    BLASThreads.single
    cblas_dgemm(
        CblasRowMajor, opA == .none ? CblasNoTrans : CblasTrans, opB == .none ? CblasNoTrans : CblasTrans,
        numericCast(c.rows), numericCast(c.columns), numericCast(inner), scale,
        a.base, numericCast(a.stride), b.base, numericCast(b.stride), keep, c.base, numericCast(c.stride))
}

/// A row-major matrix of doubles, for statistics that float32 is too coarse for.
package struct DoubleMatrix: Sendable, Hashable {
    package let rows: Int
    package let columns: Int
    /// Row-major.
    package var values: [Double]

    package init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns, "\(values.count) values for \(rows)x\(columns)")
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }

    /// A matrix of zeros.
    package init(rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
    }

    /// op(a) op(b), spread over all threads.
    package static func product(
        _ a: DoubleMatrix, _ opA: Transposition, _ b: DoubleMatrix, _ opB: Transposition
    ) -> DoubleMatrix {
        let rows = opA == .none ? a.rows : a.columns
        var result = DoubleMatrix(rows: rows, columns: opB == .none ? b.columns : b.rows)
        guard !result.values.isEmpty, !a.values.isEmpty else { return result }
        let columns = result.columns
        a.withView { a in
            b.withView { b in
                result.values.withUnsafeMutableBufferPointer { buffer in
                    let c = DoubleView(buffer.baseAddress!, rows: rows, columns: columns)
                    Parallel.forEachRange(rows, multiple: 8) { range in
                        multiply(
                            opA == .none ? a.rows(range) : a.columns(range), opA, b, opB, into: c.rows(range))
                    }
                }
            }
        }
        return result
    }

    /// Calls a closure with the elements, to be read.
    package func withView<R>(_ body: (DoubleView) throws -> R) rethrows -> R {
        try values.withUnsafeBufferPointer { buffer in
            // An empty array has no address, and none is read.
            let base = buffer.baseAddress ?? UnsafePointer(bitPattern: 8)!
            return try body(DoubleView(reading: base, rows: rows, columns: columns))
        }
    }

    /// Each row multiplied with a number of its own.
    package func scalingRows(_ factors: [Double]) -> DoubleMatrix {
        precondition(factors.count == rows, "\(factors.count) factors for \(rows) rows")
        var result = self
        for row in 0..<rows {
            for place in (row * columns)..<((row + 1) * columns) { result.values[place] *= factors[row] }
        }
        return result
    }

    /// The rows of a range.
    package func rows(_ range: Range<Int>) -> DoubleMatrix {
        DoubleMatrix(
            rows: range.count, columns: columns,
            values: Array(values[(range.lowerBound * columns)..<(range.upperBound * columns)]))
    }
}

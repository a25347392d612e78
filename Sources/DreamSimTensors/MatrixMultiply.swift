#if canImport(Accelerate)
    import Accelerate
#else
    import CDreamSimBLAS
#endif

/// A window on row-major memory: `rows` x `columns`, rows `stride` elements apart. For kernel files only.
///
/// `@unchecked Sendable`: whoever makes a view sees to it that no two threads write to the same elements.
package struct MatrixView: @unchecked Sendable {
    package var base: UnsafeMutablePointer<Float>
    package var rows: Int
    package var columns: Int
    package var stride: Int

    package init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
    }

    /// A window for reading on memory that must not be written.
    package init(reading base: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
        self.init(UnsafeMutablePointer(mutating: base), rows: rows, columns: columns, stride: stride)
    }

    package func columns(_ range: Range<Int>) -> MatrixView {
        MatrixView(base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    package func rows(_ range: Range<Int>) -> MatrixView {
        MatrixView(base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    }
}

/// How an operand of a matrix product is read.
package enum Transposition {
    case none
    case transposed
}

/// c = scale * op(a) op(b) + keep * c on the calling thread.
package func multiply(
    _ a: MatrixView, _ opA: Transposition, _ b: MatrixView, _ opB: Transposition, into c: MatrixView,
    scale: Float = 1, keep: Float = 0
) {
    let inner = opA == .none ? a.columns : a.rows
    precondition(
        (opA == .none ? a.rows : a.columns) == c.rows && (opB == .none ? b.columns : b.rows) == c.columns
            && (opB == .none ? b.rows : b.columns) == inner,
        "product of \(a.rows)x\(a.columns) and \(b.rows)x\(b.columns) into \(c.rows)x\(c.columns)")
    BLASThreads.single
    cblas_sgemm(
        CblasRowMajor, opA == .none ? CblasNoTrans : CblasTrans, opB == .none ? CblasNoTrans : CblasTrans,
        numericCast(c.rows), numericCast(c.columns), numericCast(inner), scale,
        a.base, numericCast(a.stride), b.base, numericCast(b.stride), keep, c.base, numericCast(c.stride))
}

enum BLASThreads {
    /// The library must not start threads of its own: work is spread by `Parallel`.
    static let single: Void = {
        #if !canImport(Accelerate)
            openblas_set_num_threads(1)
        #endif
    }()
}

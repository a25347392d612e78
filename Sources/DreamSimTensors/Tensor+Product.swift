extension Tensor {
    /// The matrix product op(a) op(b), on all threads; their number does not change the result.
    /// - Parameters:
    ///   - a: [rows, inner], or [inner, rows] when transposed.
    ///   - b: [inner, columns], or [columns, inner] when transposed.
    /// - Returns: [rows, columns].
    package static func product(
        _ a: Tensor, _ opA: Transposition = .none, _ b: Tensor, _ opB: Transposition = .none
    ) -> Tensor {
        precondition(a.shape.rank == 2 && b.shape.rank == 2, "product of shapes \(a.shape) and \(b.shape)")
        let rows = a.shape[opA == .none ? 0 : 1]
        let columns = b.shape[opB == .none ? 1 : 0]
        return Tensor(uninitialized: [rows, columns]) { c in
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    guard let left = a.baseAddress, let right = b.baseAddress, let base = c.baseAddress else { return }
                    let views = (
                        MatrixView(
                            reading: left, rows: opA == .none ? rows : a.count / rows,
                            columns: opA == .none ? a.count / rows : rows),
                        MatrixView(
                            reading: right, rows: opB == .none ? b.count / columns : columns,
                            columns: opB == .none ? columns : b.count / columns),
                        MatrixView(base, rows: rows, columns: columns)
                    )
                    // The same pieces for any number of threads, because sums round differently in others.
                    let piece = max(16, (rows / 32 + 15) / 16 * 16)
                    Parallel.forEach((rows + piece - 1) / piece) { index in
                        let range = (index * piece)..<min((index + 1) * piece, rows)
                        DreamSimTensors.multiply(
                            opA == .none ? views.0.rows(range) : views.0.columns(range), opA, views.1, opB,
                            into: views.2.rows(range))
                    }
                }
            }
        }
    }
}

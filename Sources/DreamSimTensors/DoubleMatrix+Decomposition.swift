package import DreamSimSupport

#if canImport(Accelerate)
    import Accelerate
#else
    import CDreamSimBLAS
#endif

// LAPACK keeps matrices by columns: its columns are rows here, and its matrix is the transposed one.
extension DoubleMatrix {
    /// Eigenvalues, the smallest first, and eigenvectors, each a row, of a symmetric matrix (LAPACK's dsyevd: divide and
    /// conquer, Cuppen 1981). Only one half of the matrix is read. Computed on the calling thread.
    /// - Throws: `.diverged` where the method does not converge, which it does for finite numbers.
    package func symmetricEigen() throws(DreamSimError) -> (values: [Double], vectors: DoubleMatrix) {
        precondition(rows == columns, "eigenvalues of \(rows)x\(columns)")
        guard rows > 0 else { return ([], self) }
        BLASThreads.single
        var vectors = self
        var found = [Double](repeating: 0, count: rows)
        var (work, integers) = ([Double](repeating: 0, count: 1), [CInt](repeating: 0, count: 1))
        var info: CInt = 0
        // The first call asks how much memory is wanted.
        for isQuestion in [true, false] {
            if !isQuestion {
                work = [Double](repeating: 0, count: max(1, Int(work[0])))
                integers = [CInt](repeating: 0, count: max(1, Int(integers[0])))
            }
            var (n, workCount) = (CInt(rows), isQuestion ? -1 : CInt(work.count))
            var integerCount = isQuestion ? -1 : CInt(integers.count)
            var (job, part) = (CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")))
            var stride = n
            #if canImport(Accelerate)
                dsyevd_(
                    &job, &part, &n, &vectors.values, &stride, &found, &work, &workCount, &integers, &integerCount,
                    &info)
            #else
                dsyevd_(
                    &job, &part, &n, &vectors.values, &stride, &found, &work, &workCount, &integers, &integerCount,
                    &info, 1, 1)
            #endif
        }
        guard info == 0, found.allSatisfy(\.isFinite) else {
            throw DreamSimError(.diverged, "eigenvalues", "were not found, dsyevd says \(info); look for huge numbers")
        }
        return (found, vectors)
    }

    /// Singular values, the largest first, and where asked for the singular vectors (LAPACK's dgesdd). Computed on the calling
    /// thread.
    /// - Returns: values [K], the left vectors as columns [rows, K], the right ones as rows [K, columns], where K is the smaller
    ///   extent; both empty without `vectors`.
    /// - Throws: `.diverged` where the method does not converge, which it does for finite numbers.
    package func singularValues(
        vectors: Bool
    ) throws(DreamSimError) -> (values: [Double], left: DoubleMatrix, right: DoubleMatrix) {
        let count = min(rows, columns)
        var left = DoubleMatrix(rows: vectors ? rows : 0, columns: count)
        var right = DoubleMatrix(rows: vectors ? count : 0, columns: columns)
        guard count > 0 else { return ([], left, right) }
        BLASThreads.single
        var copy = values
        var found = [Double](repeating: 0, count: count)
        var work = [Double](repeating: 0, count: 1)
        var integers = [CInt](repeating: 0, count: 8 * count)
        var info: CInt = 0
        if !vectors { (left.values, right.values) = ([0], [0]) }
        for isQuestion in [true, false] {
            if !isQuestion { work = [Double](repeating: 0, count: max(1, Int(work[0]))) }
            var workCount = isQuestion ? -1 : CInt(work.count)
            // The transposed matrix: its left vectors are the right ones here.
            var (m, n, k) = (CInt(columns), CInt(rows), CInt(count))
            var stride = m
            var leftStride = m
            var job = CChar(UInt8(ascii: vectors ? "S" : "N"))
            #if canImport(Accelerate)
                dgesdd_(
                    &job, &m, &n, &copy, &stride, &found, &right.values, &leftStride, &left.values, &k, &work,
                    &workCount, &integers, &info)
            #else
                dgesdd_(
                    &job, &m, &n, &copy, &stride, &found, &right.values, &leftStride, &left.values, &k, &work,
                    &workCount, &integers, &info, 1)
            #endif
        }
        if !vectors { (left.values, right.values) = ([], []) }
        guard info == 0, found.allSatisfy(\.isFinite) else {
            throw DreamSimError(
                .diverged, "singular values", "were not found, dgesdd says \(info); look for huge numbers")
        }
        return (found, left, right)
    }
}

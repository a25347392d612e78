/// A covariance as a product of a matrix with itself, `S = A^T A`, and what its eigenvectors are.
struct FrechetFactor: Sendable {
    let statistics: SetStatistics
    /// The eigenvalues that are not rounding, and their eigenvectors, each a row.
    let values: [Double]
    let vectors: DoubleMatrix

    /// Directions in which the variance is rounding are left out: n images span n - 1 at most.
    /// - Throws: `.badValue` for a covariance with a negative variance.
    init(_ statistics: SetStatistics) throws(DreamSimError) {
        let width = statistics.width
        let (values, vectors) = try DoubleMatrix(rows: width, columns: width, values: statistics.covariance)
            .symmetricEigen()
        let largest = values.last ?? 0
        let rounding = Double(width) * Double.ulpOfOne * max(largest, 0)
        if let least = values.first, least < -1e-6 * max(largest, 0) || largest < 0 {
            throw DreamSimError(
                .badValue, statistics.name,
                "has a covariance with a negative variance, \(least); it is none of a set of embeddings: compute it anew"
            )
        }
        let rank = statistics.count.map { min(width, $0 - 1) } ?? width
        let first = max(values.firstIndex { $0 > rounding } ?? width, width - rank)
        self.statistics = statistics
        self.values = Array(values[first...])
        self.vectors = vectors.rows(first..<width)
    }

    /// Both at once, on a thread each.
    static func pair(
        _ a: SetStatistics, _ b: SetStatistics
    ) throws(DreamSimError) -> (FrechetFactor, FrechetFactor) {
        let both = [a, b]
        let found = Parallel.map(2) { index in
            Result { () throws(DreamSimError) in try FrechetFactor(both[index]) }
        }
        return (try found[0].get(), try found[1].get())
    }
}

/// The Fréchet distance of two normal distributions, and how it changes with each of the images behind them.
///
/// `tr (S1 S2)^½` is the sum of the singular values of `A1 A2^T`, where `S = A^T A`: so small variances count as exactly as
/// large ones, which the square root of a product's eigenvalues would lose.
struct FrechetDistance: Sendable {
    let value: Double
    /// For each side, a matrix H and the difference of the means, by which an image's deviation y from its set's mean
    /// changes the distance: `2 (m1 - m2)·y + |y|² - |H y|²`, less its mean. Empty without derivatives.
    private let roots: [DoubleMatrix]
    private let difference: [Double]

    init(_ factors: (FrechetFactor, FrechetFactor), derivatives: Bool) throws(DreamSimError) {
        let (a, b) = (factors.0, factors.1)
        difference = zip(a.statistics.mean, b.statistics.mean).map { $0 - $1 }
        func squareRoots(_ values: [Double]) -> [Double] { values.map { $0.squareRoot() } }
        let product = DoubleMatrix.product(
            a.vectors.scalingRows(squareRoots(a.values)), .none, b.vectors.scalingRows(squareRoots(b.values)),
            .transposed)
        let (singular, left, right) = try product.singularValues(vectors: derivatives)
        // Traces as sums of the diagonals, because the eigenvalues that were left out belong to them.
        func trace(_ of: SetStatistics) -> Double {
            (0..<of.width).reduce(0) { $0 + of.covariance[$1 * of.width + $1] }
        }
        let means = difference.reduce(0) { $0 + $1 * $1 }
        let traces = trace(a.statistics) + trace(b.statistics)
        let found = means + traces - 2 * singular.reduce(0, +)
        guard found.isFinite else {
            throw DreamSimError(
                .badValue, a.statistics.name, "has embeddings so large that their squares have no number; divide them")
        }
        // Equal sets may come out below 0 by rounding.
        value = max(0, found)
        guard derivatives else {
            roots = []
            return
        }
        // H = s^½ P^T L^-½ V of A = L^½ V, where the product is P s Q^T: H^T H carries one distribution onto the other.
        let scale = squareRoots(singular)
        roots = [
            DoubleMatrix.product(
                left, .transposed, a.vectors.scalingRows(a.values.map { 1 / $0.squareRoot() }), .none
            ).scalingRows(scale),
            DoubleMatrix.product(
                right, .none, b.vectors.scalingRows(b.values.map { 1 / $0.squareRoot() }), .none
            ).scalingRows(scale),
        ]
    }

    /// How the distance changes with the weight of each image of a set: its mean is 0, and the sum over n of them is the first
    /// order of a change of weights.
    /// - Parameters:
    ///   - vectors: the set, `side` 0 for the first and 1 for the second.
    ///   - mean: its mean.
    func influences(of vectors: SetVectors, mean: [Double], side: Int) -> [Double] {
        let (root, width) = (roots[side], vectors.width)
        let together = 256
        let blocks = (vectors.count + together - 1) / together
        var found = [Double](repeating: 0, count: vectors.count)
        let sign = side == 0 ? 2.0 : -2.0
        found.withUnsafeMutableBufferPointer { buffer in
            let found = UnsafeSendablePointer(buffer.baseAddress!)
            vectors.withRows { source in
                Parallel.forEach(blocks) { block in
                    let rows = (block * together)..<min((block + 1) * together, vectors.count)
                    var deviations = DoubleMatrix(rows: rows.count, columns: width)
                    var carried = DoubleMatrix(rows: rows.count, columns: root.rows)
                    deviations.values.withUnsafeMutableBufferPointer { buffer in
                        mean.withUnsafeBufferPointer {
                            source.copy(rows, less: $0.baseAddress, to: buffer.baseAddress!)
                        }
                    }
                    if root.rows > 0 {
                        carried.values.withUnsafeMutableBufferPointer { buffer in
                            let target = DoubleView(buffer.baseAddress!, rows: rows.count, columns: root.rows)
                            deviations.withView { deviations in
                                root.withView { multiply(deviations, .none, $0, .transposed, into: target) }
                            }
                        }
                    }
                    for row in 0..<rows.count {
                        var (along, square, less) = (0.0, 0.0, 0.0)
                        for i in 0..<width {
                            let y = deviations.values[row * width + i]
                            along += difference[i] * y
                            square += y * y
                        }
                        for i in 0..<root.rows {
                            let h = carried.values[row * root.rows + i]
                            less += h * h
                        }
                        found.pointer[rows.lowerBound + row] = sign * along + square - less
                    }
                }
            }
        }
        return found.centered()
    }
}

extension [Double] {
    /// Less their mean.
    func centered() -> [Double] {
        guard !isEmpty else { return [] }
        let mean = reduce(0, +) / Double(count)
        return map { $0 - mean }
    }
}

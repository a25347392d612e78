import Foundation

/// The directions in which rows differ most, by subspace iteration from random directions (Halko, Martinsson, Tropp
/// 2011). Rows pass in blocks, so that memory does not depend on their number.
package struct PrincipalComponents {
    /// Each row's place along the directions, [rows, count], the first of them along that of the largest variance.
    package let scores: Tensor
    /// The share of the variance along each direction.
    package let shares: [Double]

    /// More directions than wanted are followed, so that the wanted ones come out well.
    private static let spare = 10
    private static let rounds = 4
    private static let together = 1024

    /// - Parameter count: how many directions are wanted; there are never more than rows or components.
    package init(_ reader: IndexReader, rows: [Int32], count: Int, seed: UInt64) {
        let width = reader.settings.width
        let wanted = max(1, min(count, width, rows.count - 1))
        let followed = min(wanted + Self.spare, width)
        let stored = reader.vectors.stored
        let mean = stored.means(of: [rows])[0].map { Float($0) }
        /// Blocks of rows, centered.
        func forEachBlock(_ body: (Tensor) -> Void) {
            for start in stride(from: 0, to: rows.count, by: Self.together) {
                var block = stored.gathered(rows[start..<min(start + Self.together, rows.count)])
                block.withUnsafeMutableBufferPointer { values in
                    for row in stride(from: 0, to: values.count, by: width) {
                        for i in 0..<width { values[row + i] -= mean[i] }
                    }
                }
                body(block)
            }
        }
        var generator = SeededGenerator(state: seed)
        var basis = Self.orthonormal(
            (0..<followed).map { _ in (0..<width).map { _ in generator.normals().0 } })
        var total = 0.0
        for round in 0..<Self.rounds {
            let directions = Tensor(basis.flatMap { $0.map { Float($0) } }, shape: [basis.count, width])
            var next = [[Double]](repeating: [Double](repeating: 0, count: width), count: basis.count)
            forEachBlock { block in
                if round == 0 {
                    block.withUnsafeBufferPointer { total += $0.reduce(0) { $0 + Double($1) * Double($1) } }
                }
                let along = Tensor.product(block, .none, directions, .transposed)
                Tensor.product(along, .transposed, block).withUnsafeBufferPointer { product in
                    for i in next.indices {
                        for j in 0..<width { next[i][j] += Double(product[i * width + j]) }
                    }
                }
            }
            basis = Self.orthonormal(next)
        }
        let directions = Tensor(basis.flatMap { $0.map { Float($0) } }, shape: [basis.count, width])
        var covariance = [[Double]](repeating: [Double](repeating: 0, count: basis.count), count: basis.count)
        forEachBlock { block in
            let along = Tensor.product(block, .none, directions, .transposed)
            Tensor.product(along, .transposed, along).withUnsafeBufferPointer { product in
                for i in basis.indices {
                    for j in basis.indices { covariance[i][j] += Double(product[i * basis.count + j]) }
                }
            }
        }
        let (values, vectors) = Self.eigen(covariance)
        let kept = min(wanted, values.count)
        var principal: [Float] = []
        for vector in vectors.prefix(kept) {
            var direction = [Double](repeating: 0, count: width)
            for (weight, base) in zip(vector, basis) {
                for j in 0..<width { direction[j] += weight * base[j] }
            }
            // The sign is free; this makes it the same every time.
            let sign = (direction.max { abs($0) < abs($1) } ?? 1) < 0 ? -1.0 : 1
            principal += direction.map { Float(sign * $0) }
        }
        let axes = Tensor(principal, shape: [kept, width])
        var scores: [Float] = []
        scores.reserveCapacity(rows.count * kept)
        forEachBlock { block in
            Tensor.product(block, .none, axes, .transposed).withUnsafeBufferPointer { scores += $0 }
        }
        self.scores = Tensor(scores, shape: [rows.count, kept])
        shares = values.prefix(kept).map { total > 0 ? max(0, $0) / total : 0 }
    }

    /// Vectors of length 1, each at right angles to those before; those that depend on others are left out (Gram and
    /// Schmidt, twice).
    private static func orthonormal(_ vectors: [[Double]]) -> [[Double]] {
        var basis: [[Double]] = []
        for vector in vectors {
            var vector = vector
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for _ in 0..<2 {
                for other in basis {
                    let along = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
                    for i in vector.indices { vector[i] -= along * other[i] }
                }
            }
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            if norm > 1e-9 * length && norm > 0 { basis.append(vector.map { $0 / norm }) }
        }
        // All rows are equal: any direction does.
        if basis.isEmpty { basis = [(0..<(vectors.first?.count ?? 1)).map { $0 == 0 ? 1 : 0 }] }
        return basis
    }

    /// The eigenvalues of a symmetric matrix, the largest first, with their vectors (Jacobi's rotations).
    package static func eigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
        let size = matrix.count
        var a = matrix
        var vectors = (0..<size).map { i in (0..<size).map { $0 == i ? 1.0 : 0 } }
        for _ in 0..<60 {
            var rest = 0.0
            for i in 0..<size { for j in 0..<i { rest += a[i][j] * a[i][j] } }
            let whole = (0..<size).reduce(0) { $0 + a[$1][$1] * a[$1][$1] }
            if rest <= 1e-24 * whole || rest == 0 { break }
            for p in 0..<size {
                for q in (p + 1)..<max(p + 1, size) where a[p][q] != 0 {
                    let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<size { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
                    for k in 0..<size { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
                    for k in 0..<size {
                        (vectors[p][k], vectors[q][k]) =
                            (c * vectors[p][k] - s * vectors[q][k], s * vectors[p][k] + c * vectors[q][k])
                    }
                }
            }
        }
        let order = (0..<size).sorted { (a[$1][$1], $0) < (a[$0][$0], $1) }
        return (order.map { a[$0][$0] }, order.map { vectors[$0] })
    }
}

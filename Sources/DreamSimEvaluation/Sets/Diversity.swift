/// The mean cosine distance over all pairs of a set.
struct Diversity: Sendable {
    /// From 0, where all images are embedded alike.
    let value: Double
    /// How the value changes with the weight of each image, less the mean.
    let influences: [Double]

    /// A vector of zeros is at distance 1 from everything, as `Embedding.distance(to:)` has it.
    /// - Complexity: O(n D): the sum over pairs is `(|Σ u|² - Σ |u|²) / 2` of the rows' directions u.
    init(_ set: SetVectors) {
        let n = Double(set.count)
        var total = [Double](repeating: 0, count: set.width)
        var squares = 0.0
        set.forEachDirection { _, direction in
            for i in total.indices {
                total[i] += direction[i]
                squares += direction[i] * direction[i]
            }
        }
        value = 1 - (total.reduce(0) { $0 + $1 * $1 } - squares) / (n * (n - 1))
        var found = [Double](repeating: 0, count: set.count)
        set.forEachDirection { row, direction in
            var product = 0.0
            for i in total.indices { product += direction[i] * (total[i] - direction[i]) }
            found[row] = -2 * product / (n - 1)
        }
        influences = found.centered()
    }
}

extension SetVectors {
    /// Calls a closure with the direction of each row: of length 1, or zeros.
    func forEachDirection(_ body: (Int, UnsafeMutablePointer<Double>) -> Void) {
        var row = [Double](repeating: 0, count: width)
        withRows { source in
            row.withUnsafeMutableBufferPointer { buffer in
                guard let row = buffer.baseAddress else { return }
                for index in 0..<count {
                    source.direction(index, to: row)
                    body(index, row)
                }
            }
        }
    }

    /// The directions of some rows, row-major.
    func directions(_ range: Range<Int>) -> DoubleMatrix {
        var found = DoubleMatrix(rows: range.count, columns: width)
        found.values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            withRows { source in
                for row in range { source.direction(row, to: base + (row - range.lowerBound) * width) }
            }
        }
        return found
    }
}

extension SetVectors.Rows {
    /// A row divided by its length; zeros stay zeros.
    func direction(_ row: Int, to target: UnsafeMutablePointer<Double>) {
        copy(row..<(row + 1), to: target)
        // By the largest first, so that no square is too large or too small for a number.
        let largest = (0..<width).reduce(0) { max($0, abs(target[$1])) }
        guard largest > 0 else { return }
        var square = 0.0
        for i in 0..<width {
            target[i] /= largest
            square += target[i] * target[i]
        }
        let length = square.squareRoot()
        for i in 0..<width { target[i] /= length }
    }
}

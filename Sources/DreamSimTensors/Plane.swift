/// One channel of an image in double precision, row by row, and the ways in which it is brought to other sizes before
/// windows slide over it, each with its backward pass.
package struct Plane: Sendable {
    package let height: Int
    package let width: Int
    package var values: [Double]

    package init(height: Int, width: Int, values: [Double]) {
        precondition(values.count == height * width, "\(values.count) values for \(width)x\(height)")
        (self.height, self.width, self.values) = (height, width, values)
    }

    package init(zeros height: Int, _ width: Int) {
        self.init(height: height, width: width, values: [Double](repeating: 0, count: height * width))
    }

    /// A change of size in which each new place is a mean of old ones.
    package enum Change: Hashable, Sendable {
        /// Means over squares of so many pixels on each side, without overlap; what is left over at the right and at the
        /// bottom is dropped. First the left column and the top row are repeated `padding` times.
        case averaged(Int, padding: Int)
        /// So many columns and rows on each side that mirror the plane without repeating its edge.
        case mirrored(Int)

        /// An axis' new length.
        fileprivate func length(_ old: Int) -> Int {
            switch self {
            case .averaged(let factor, let padding): (old + padding) / factor
            case .mirrored(let margin): old + 2 * margin
            }
        }

        /// For each new place of an axis, the old ones that it is the mean of.
        fileprivate func sources(_ old: Int) -> [[Int]] {
            (0..<length(old)).map { place in
                switch self {
                case .averaged(let factor, let padding):
                    return (0..<factor).map { max(place * factor + $0 - padding, 0) }
                case .mirrored(let margin):
                    let i = abs(place - margin)
                    return [i < old ? i : 2 * (old - 1) - i]
                }
            }
        }
    }

    /// The plane in its new size.
    package func changed(_ change: Change) -> Plane {
        let (rows, columns) = (change.sources(height), change.sources(width))
        var result = Plane(zeros: rows.count, columns.count)
        Self.visit(rows, columns) { result.values[$0] += values[$1 * width + $2] * $3 }
        return result
    }

    /// The gradient of a plane of the old size, given that of the new one, which this is.
    package func unchanged(_ change: Change, height: Int, width: Int) -> Plane {
        let (rows, columns) = (change.sources(height), change.sources(width))
        precondition(rows.count == self.height && columns.count == self.width, "\(change) of \(width)x\(height)")
        var result = Plane(zeros: height, width)
        Self.visit(rows, columns) { result.values[$1 * width + $2] += values[$0] * $3 }
        return result
    }

    /// Calls `body` with each new place, the row and the column of each old one and its share.
    private static func visit(_ rows: [[Int]], _ columns: [[Int]], _ body: (Int, Int, Int, Double) -> Void) {
        guard let first = rows.first, let side = columns.first else { return }
        let share = 1 / Double(first.count * side.count)
        for (y, oldRows) in rows.enumerated() {
            for (x, oldColumns) in columns.enumerated() {
                for row in oldRows { for column in oldColumns { body(y * columns.count + x, row, column, share) } }
            }
        }
    }
}

extension Plane {
    /// Sums over windows that lie inside, weighted along both axes alike.
    package func filtered(_ weights: [Double]) -> Plane {
        let (columns, rows) = (width - weights.count + 1, height - weights.count + 1)
        var across = Plane(zeros: height, columns)
        for y in 0..<height {
            for (k, weight) in weights.enumerated() {
                Self.add(weight, values, y * width + k, to: &across.values, y * columns, columns)
            }
        }
        var result = Plane(zeros: rows, columns)
        for y in 0..<rows {
            for (k, weight) in weights.enumerated() {
                Self.add(weight, across.values, (y + k) * columns, to: &result.values, y * columns, columns)
            }
        }
        return result
    }

    /// The backward pass of `filtered`: what the windows give back to the places that they lie over.
    func spread(_ weights: [Double]) -> Plane {
        let (columns, rows) = (width + weights.count - 1, height + weights.count - 1)
        var across = Plane(zeros: height, columns)
        for y in 0..<height {
            for (k, weight) in weights.enumerated() {
                Self.add(weight, values, y * width, to: &across.values, y * columns + k, width)
            }
        }
        var result = Plane(zeros: rows, columns)
        for y in 0..<height {
            for (k, weight) in weights.enumerated() {
                Self.add(weight, across.values, y * columns, to: &result.values, (y + k) * columns, columns)
            }
        }
        return result
    }

    /// target[j...] += weight * source[i...].
    private static func add(
        _ weight: Double, _ source: [Double], _ i: Int, to target: inout [Double], _ j: Int, _ count: Int
    ) {
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                let (x, y) = (from + i, to + j)
                for k in 0..<count { y[k] += weight * x[k] }
            }
        }
    }
}

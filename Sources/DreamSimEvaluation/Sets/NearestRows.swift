/// For each row the squared distances of the nearest others, the nearest first.
///
/// `@unchecked Sendable`: no two threads write to the same rows.
final class NearestRows: @unchecked Sendable {
    let count: Int
    private let wanted: Int
    private let distances: UnsafeMutablePointer<Double>
    private let others: UnsafeMutablePointer<Int32>

    init(_ count: Int, nearest wanted: Int) {
        (self.count, self.wanted) = (count, wanted)
        distances = .allocate(capacity: max(1, count * wanted))
        distances.initialize(repeating: .infinity, count: count * wanted)
        others = .allocate(capacity: max(1, count * wanted))
        others.initialize(repeating: -1, count: count * wanted)
    }

    deinit {
        distances.deallocate()
        others.deallocate()
    }

    /// What a distance must be below to be among the nearest.
    func bound(_ row: Int) -> Double { distances[row * wanted + wanted - 1] }

    /// The nearest other row, and its squared distance.
    func first(_ row: Int) -> (other: Int, square: Double) { (Int(others[row * wanted]), distances[row * wanted]) }

    /// Takes a distance in, if it is among the nearest; of equal ones the row with the lower number.
    func insert(_ row: Int, _ square: Double, _ other: Int) {
        guard square < bound(row) else { return }
        var place = row * wanted + wanted - 1
        while place > row * wanted, distances[place - 1] > square {
            (distances[place], others[place]) = (distances[place - 1], others[place - 1])
            place -= 1
        }
        (distances[place], others[place]) = (square, Int32(other))
    }

    /// Takes in what was found for rows, the first of which is `start` here.
    func merge(_ other: NearestRows, at start: Int) {
        for row in 0..<other.count {
            for place in (row * wanted)..<((row + 1) * wanted) where other.others[place] >= 0 {
                insert(start + row, other.distances[place], Int(other.others[place]))
            }
        }
    }
}

extension NearestRows {
    /// The nearest others of each row of a set.
    ///
    /// Products are computed in float32, and each pair that they leave in doubt again in double precision, so that the result is
    /// that of double precision throughout.
    /// - Parameter progress: called with the number of rows that are done. An error that it throws ends the work.
    /// - Complexity: O(n² D), on all threads; n²/2 products.
    static func of(
        _ set: SetVectors, _ scaled: ScaledRows, nearest wanted: Int, progress: (Int) throws -> Void
    ) rethrows -> NearestRows {
        let nearest = NearestRows(set.count, nearest: wanted)
        let blocks = ProductTile.blocks(set.count, side: ProductTile.side(set.count))
        let limits = SharedLimits((0..<set.count).map { _ in -.infinity })
        for first in blocks.indices {
            let rows = blocks[first]
            let found = Parallel.map(blocks.count - first) { offset in
                set.withRows { source in
                    ProductTile.with(scaled, rows, scaled, blocks[first + offset]) { tile in
                        scan(tile, source, scaled, nearest, limits, isDiagonal: offset == 0)
                    }
                }
            }
            for part in found { nearest.merge(part, at: rows.lowerBound) }
            try progress(rows.upperBound)
        }
        return nearest
    }

    /// What a tile says of its rows; of its columns' it is taken in at once, because no other tile has them at that time.
    private static func scan(
        _ tile: ProductTile, _ source: SetVectors.Rows, _ scaled: ScaledRows, _ nearest: NearestRows,
        _ limits: SharedLimits, isDiagonal: Bool
    ) -> NearestRows {
        let found = NearestRows(tile.rows.count, nearest: nearest.wanted)
        let longest = scaled.longest(tile.columns)
        let halves = tile.columns.map { scaled.lowered($0) }
        for row in tile.rows {
            let local = row - tile.rows.lowerBound
            let margin = scaled.margin(row, other: longest)
            var bound = min(nearest.bound(row), found.bound(local))
            // Nothing is nearer than equal rows.
            if bound > 0 {
                var offset = scaled.limit(row, below: bound) - margin
                tile.forEach(above: halves, offset: offset, inRow: row) { column, product in
                    guard column != row, product > halves[column - tile.columns.lowerBound] + offset else { return }
                    let square = source.squaredDistance(row, source, column)
                    guard square < bound else { return }
                    found.insert(local, square, column)
                    bound = min(nearest.bound(row), found.bound(local))
                    offset = bound > 0 ? scaled.limit(row, below: bound) - margin : .infinity
                }
            }
            if isDiagonal { continue }
            let start = limits.pointer + tile.columns.lowerBound
            let half = scaled.lowered(row) - margin
            tile.forEach(above: start, offset: half, inRow: row) { column, product in
                guard product > limits.pointer[column] + half else { return }
                nearest.insert(column, source.squaredDistance(row, source, column), row)
                let bound = nearest.bound(column)
                limits.pointer[column] = bound > 0 ? scaled.limit(column, below: bound) : .infinity
            }
        }
        return found
    }
}

/// Limits of products, one a row.
///
/// `@unchecked Sendable`: no two threads write to the same rows.
final class SharedLimits: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>

    init(_ values: [Float]) {
        pointer = .allocate(capacity: max(1, values.count))
        pointer.initialize(from: values, count: values.count)
    }

    deinit { pointer.deallocate() }
}

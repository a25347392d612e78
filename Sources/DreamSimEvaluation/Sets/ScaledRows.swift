/// Rows in float32 whose products are fast: less a center, and divided so that the longest row has length 1. Distances keep
/// their order; how far float32 can be off is known, so that pairs in doubt are computed in double precision.
struct ScaledRows: Sendable {
    /// [count, width]
    let rows: Tensor
    /// Half the squared lengths.
    let halves: [Float]
    let lengths: [Float]
    /// What squared distances were multiplied with.
    let scale: Double

    var count: Int { halves.count }
    private var width: Int { rows.shape[1] }

    /// Sets with the same center and scale, so that distances between them have meaning.
    static func of(_ sets: [SetVectors]) -> [ScaledRows] {
        let width = sets[0].width
        var center = [Double](repeating: 0, count: width)
        sets[0].withRows { source in
            var row = [Double](repeating: 0, count: width)
            for index in 0..<sets[0].count {
                source.copy(index..<(index + 1), to: &row)
                for i in 0..<width { center[i] += row[i] }
            }
        }
        for i in 0..<width { center[i] /= Double(max(1, sets[0].count)) }
        let longest =
            sets.map { set in
                forEachRow(of: set, less: center) { row in row.reduce(0) { $0 + $1 * $1 } }.max() ?? 0
            }.max() ?? 0
        let factor = longest > 0 ? 1 / longest.squareRoot() : 1
        return sets.map { ScaledRows($0, center, factor) }
    }

    private init(_ set: SetVectors, _ center: [Double], _ factor: Double) {
        let width = set.width
        let rows = Tensor(uninitialized: [set.count, width]) { buffer in
            guard let base = buffer.baseAddress else { return }
            let target = UnsafeSendablePointer(base)
            set.withRows { source in
                Parallel.forEachRange(set.count, multiple: 64) { range in
                    var row = [Double](repeating: 0, count: width)
                    for index in range {
                        source.copy(index..<(index + 1), less: center, to: &row)
                        for i in 0..<width { target.pointer[index * width + i] = Float(row[i] * factor) }
                    }
                }
            }
        }
        self.rows = rows
        scale = factor * factor
        let squares = rows.withUnsafeBufferPointer { values in
            (0..<set.count).map { row in
                values[(row * width)..<((row + 1) * width)].reduce(0.0) { $0 + Double($1) * Double($1) }
            }
        }
        halves = squares.map { Float($0 / 2) }
        lengths = squares.map { Float($0.squareRoot()).nextUp }
    }

    /// What a closure gives for each row, less a vector.
    private static func forEachRow(
        of set: SetVectors, less center: [Double], _ body: @Sendable ([Double]) -> Double
    ) -> [Double] {
        [Double](unsafeUninitializedCapacity: set.count) { buffer, count in
            defer { count = set.count }
            guard let base = buffer.baseAddress else { return }
            let target = UnsafeSendablePointer(base)
            set.withRows { source in
                Parallel.forEachRange(set.count, multiple: 64) { range in
                    var row = [Double](repeating: 0, count: set.width)
                    for index in range {
                        source.copy(index..<(index + 1), less: center, to: &row)
                        target.pointer[index] = body(row)
                    }
                }
            }
        }
    }

    /// Half of float32's last digit.
    private static let rounding: Float = 0x1p-24

    /// By how much the product of this row with one of length `other` may be off, in any order of additions, with what the
    /// row's own length adds by rounding (Higham 2002, 3.1).
    func margin(_ row: Int, other: Float) -> Float {
        let length = lengths[row]
        return Self.rounding * (Float(width + 40) * length * other + 16 * length * length)
    }

    /// For each row, what products with it have to exceed, less half of the other's squared length, for a squared distance
    /// below a bound that is scaled; lower by what rounding may take.
    func limit(_ row: Int, below bound: Double) -> Float {
        guard bound < .infinity else { return -.infinity }
        return halves[row] - Float(bound * scale) / 2 - slack(row) - slack(below: bound)
    }

    /// Half the squared length, lower by what rounding may take.
    func lowered(_ row: Int) -> Float { halves[row] - slack(row) }

    /// What rounding may take of a row's half squared length.
    func slack(_ row: Int) -> Float { 16 * Self.rounding * lengths[row] * lengths[row] }

    /// What rounding may take of a bound.
    func slack(below bound: Double) -> Float { 16 * Self.rounding * Float(bound * scale) }

    /// The longest of some rows.
    func longest(_ range: Range<Int>) -> Float { lengths[range].max() ?? 0 }
}

/// Products of some rows of one set with some of another.
struct ProductTile {
    let rows: Range<Int>
    let columns: Range<Int>
    private let products: Tensor
    private let places: UnsafeMutablePointer<UInt32>

    /// How many rows are taken together: enough for the product to be fast, few enough for small sets to be divided.
    static func side(_ count: Int) -> Int { count < 4096 ? 256 : 1024 }

    /// The ranges that rows are divided into.
    static func blocks(_ count: Int, side: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: side).map { $0..<min($0 + side, count) }
    }

    /// Computes products, and calls a closure with them.
    static func with<R>(
        _ a: ScaledRows, _ rows: Range<Int>, _ b: ScaledRows, _ columns: Range<Int>, _ body: (ProductTile) -> R
    ) -> R {
        let width = a.rows.shape[1]
        let products = Tensor(uninitialized: [rows.count, columns.count]) { buffer in
            let target = MatrixView(buffer.baseAddress!, rows: rows.count, columns: columns.count)
            a.rows.withUnsafeBufferPointer { x in
                b.rows.withUnsafeBufferPointer { y in
                    multiplyPacking(
                        MatrixView(reading: x.baseAddress!, rows: a.count, columns: width).rows(rows),
                        MatrixView(reading: y.baseAddress!, rows: b.count, columns: width).rows(columns), into: target)
                }
            }
        }
        let places = UnsafeMutablePointer<UInt32>.allocate(capacity: columns.count)
        defer { places.deallocate() }
        return body(ProductTile(rows: rows, columns: columns, products: products, places: places))
    }

    /// Calls a closure with each column whose product with a row exceeds its limit.
    /// - Parameters:
    ///   - limits: one for each column of the tile.
    ///   - body: gets the column, and its product.
    func forEach(
        above limits: UnsafePointer<Float>, offset: Float, inRow row: Int, _ body: (Int, Float) -> Void
    ) {
        products.withUnsafeBufferPointer { values in
            let start = values.baseAddress! + (row - rows.lowerBound) * columns.count
            let found = placesAbove(start, limits: limits, offset: offset, count: columns.count, into: places)
            for index in 0..<found {
                let place = Int(places[index])
                body(columns.lowerBound + place, start[place])
            }
        }
    }
}

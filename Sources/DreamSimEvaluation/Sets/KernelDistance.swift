/// The kernel distance (KID of Bińkowski et al. 2018): the unbiased estimate of the squared maximum mean discrepancy with the
/// kernel `k(x, y) = (x·y / D + 1)³`, over all pairs.
struct KernelDistance: Sendable {
    /// May be below 0, as an unbiased estimate of 0 is.
    let value: Double
    /// How the value changes with the weight of each image, less the mean; of the real and of the generated ones.
    let influences: (real: [Double], generated: [Double])

    /// - Parameters:
    ///   - real: at least two rows, as `generated`.
    ///   - progress: called with what is done of what there is. An error that it throws ends the work.
    /// - Complexity: O(n² D) in double precision, on all threads.
    init(real: SetVectors, generated: SetVectors, progress: (Int, Int) throws -> Void) rethrows {
        let total = 2 * real.count + generated.count
        let within = try Self.sums(real, real, isSame: true) { try progress($0, total) }.rows
        let between = try Self.sums(real, generated, isSame: false) { try progress(real.count + $0, total) }
        let others = try Self.sums(generated, generated, isSame: true) { try progress(2 * real.count + $0, total) }.rows
        let (m, n) = (Double(real.count), Double(generated.count))
        func sum(_ values: [Double]) -> Double { values.reduce(0, +) }
        let cross = sum(between.rows) / (m * n)
        value = sum(within) / (m * (m - 1)) + sum(others) / (n * (n - 1)) - 2 * cross
        influences = (
            zip(within, between.rows).map { 2 * ($0 / (m - 1) - $1 / n) }.centered(),
            zip(others, between.columns).map { 2 * ($0 / (n - 1) - $1 / m) }.centered()
        )
    }

    private static let side = 512

    /// The sums of the kernel over the rows and over the columns; of a set with itself without the diagonal.
    private static func sums(
        _ a: SetVectors, _ b: SetVectors, isSame: Bool, progress: (Int) throws -> Void
    ) rethrows -> (rows: [Double], columns: [Double]) {
        var (rows, columns) = ([Double](repeating: 0, count: a.count), [Double](repeating: 0, count: b.count))
        let (parts, others) = (ProductTile.blocks(a.count, side: side), ProductTile.blocks(b.count, side: side))
        for (first, range) in parts.enumerated() {
            // Of a set with itself only one half is computed: what stands in columns are sums of other rows.
            let wanted = isSame ? Array(others[first...]) : others
            let found = Parallel.map(wanted.count) { tile(a, range, b, wanted[$0], isSame: isSame) }
            for (other, sums) in zip(wanted, found) {
                for (place, row) in range.enumerated() { rows[row] += sums.rows[place] }
                for (place, column) in other.enumerated() {
                    if !isSame {
                        columns[column] += sums.columns[place]
                    } else if other != range {
                        rows[column] += sums.columns[place]
                    }
                }
            }
            try progress(range.upperBound)
        }
        return (rows, columns)
    }

    private static func tile(
        _ a: SetVectors, _ rows: Range<Int>, _ b: SetVectors, _ columns: Range<Int>, isSame: Bool
    ) -> (rows: [Double], columns: [Double]) {
        let width = a.width
        var (x, y) = (DoubleMatrix(rows: rows.count, columns: width), DoubleMatrix(rows: columns.count, columns: width))
        x.values.withUnsafeMutableBufferPointer { target in a.withRows { $0.copy(rows, to: target.baseAddress!) } }
        y.values.withUnsafeMutableBufferPointer { target in b.withRows { $0.copy(columns, to: target.baseAddress!) } }
        var products = DoubleMatrix(rows: rows.count, columns: columns.count)
        var (rowSums, columnSums) = (
            [Double](repeating: 0, count: rows.count), [Double](repeating: 0, count: columns.count)
        )
        products.values.withUnsafeMutableBufferPointer { buffer in
            let target = DoubleView(buffer.baseAddress!, rows: rows.count, columns: columns.count)
            x.withView { x in y.withView { multiply(x, .none, $0, .transposed, into: target, scale: 1 / Double(width)) }
            }
            for row in 0..<rows.count {
                let values = target.base + row * columns.count
                var sum = 0.0
                for column in 0..<columns.count {
                    let base = values[column] + 1
                    values[column] = base * base * base
                }
                if isSame, columns.contains(rows.lowerBound + row) {
                    values[rows.lowerBound + row - columns.lowerBound] = 0
                }
                for column in 0..<columns.count {
                    sum += values[column]
                    columnSums[column] += values[column]
                }
                rowSums[row] = sum
            }
        }
        return (rowSums, columnSums)
    }
}

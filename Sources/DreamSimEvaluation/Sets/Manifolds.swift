/// Which images of two sets lie in each other's manifolds: the balls around each image of a set that reach to its k-th nearest
/// other image of that set (Kynkäänniemi et al. 2019; Naeem et al. 2020).
struct Manifolds: Sendable {
    /// For each real image: whether a generated one lies in its ball.
    private(set) var isCovered: [Bool]
    /// For each real image: whether it lies in the ball of a generated one.
    private(set) var isRecalled: [Bool]
    /// For each generated image: in how many real images' balls it lies.
    private(set) var balls: [Int]
    /// How many images of both sets have a ball without a size, because as many others are equal to them.
    let emptyNeighborhoods: Int
    /// For each image of both sets the nearest of the other set; nil where they were not wanted.
    private(set) var nearest: (generatedOfReal: NearestRows, realOfGenerated: NearestRows)?

    /// - Parameters:
    ///   - neighbors: k; each set has more images.
    ///   - findsNearest: whether the nearest images of the other set are wanted.
    ///   - progress: called with what is done of what there is. An error that it throws ends the work.
    init(
        real: SetVectors, generated: SetVectors, neighbors: Int, findsNearest: Bool,
        progress: (Int, Int) throws -> Void
    ) rethrows {
        let scaled = ScaledRows.of([real, generated])
        let total = 2 * real.count + generated.count
        let realNear = try NearestRows.of(real, scaled[0], nearest: neighbors) { try progress($0, total) }
        let generatedNear = try NearestRows.of(generated, scaled[1], nearest: neighbors) {
            try progress(real.count + $0, total)
        }
        emptyNeighborhoods = [realNear, generatedNear].reduce(0) { sum, near in
            sum + (0..<near.count).count { near.bound($0) == 0 }
        }
        let work = ManifoldWork(real, generated, scaled, realNear, generatedNear, findsNearest)
        isCovered = [Bool](repeating: false, count: real.count)
        isRecalled = isCovered
        for rows in work.rows {
            let found = Parallel.map(work.columns.count) { work.scan(rows, work.columns[$0]) }
            for part in found {
                for (place, row) in rows.enumerated() {
                    if part.isCovered[place] { isCovered[row] = true }
                    if part.isRecalled[place] { isRecalled[row] = true }
                }
                if let nearest = part.nearest { work.nearestOfReal?.merge(nearest, at: rows.lowerBound) }
            }
            try progress(real.count + generated.count + rows.upperBound, total)
        }
        balls = (0..<generated.count).map { Int(work.balls[$0]) }
        nearest = work.nearestOfReal.flatMap { real in work.nearestOfGenerated.map { (real, $0) } }
    }
}

/// The comparison of two sets, a tile at a time.
///
/// `@unchecked Sendable`: of the columns that tiles write to no two threads have the same.
private final class ManifoldWork: @unchecked Sendable {
    let rows, columns: [Range<Int>]
    let balls: UnsafeMutablePointer<Int32>
    let nearestOfReal, nearestOfGenerated: NearestRows?
    private let real, generated: SetVectors
    private let a, b: ScaledRows
    private let realRadii, generatedRadii: [Double]
    /// Limits of products for the balls of generated images, and for their nearest real ones.
    private let ballLimits, nearLimits: SharedLimits
    /// Half the squared lengths of generated images, lower by what rounding may take.
    private let halves: SharedLimits

    /// What a tile says of its rows.
    struct Part: Sendable {
        var isCovered, isRecalled: [Bool]
        var nearest: NearestRows?
    }

    init(
        _ real: SetVectors, _ generated: SetVectors, _ scaled: [ScaledRows], _ realNear: NearestRows,
        _ generatedNear: NearestRows, _ findsNearest: Bool
    ) {
        (self.real, self.generated, a, b) = (real, generated, scaled[0], scaled[1])
        let side = ProductTile.side(max(real.count, generated.count))
        rows = ProductTile.blocks(real.count, side: side)
        columns = ProductTile.blocks(generated.count, side: side)
        realRadii = (0..<real.count).map(realNear.bound)
        let radii = (0..<generated.count).map(generatedNear.bound)
        generatedRadii = radii
        balls = .allocate(capacity: generated.count)
        balls.initialize(repeating: 0, count: generated.count)
        nearestOfReal = findsNearest ? NearestRows(real.count, nearest: 1) : nil
        nearestOfGenerated = findsNearest ? NearestRows(generated.count, nearest: 1) : nil
        // Nothing lies in a ball without a size.
        ballLimits = SharedLimits(
            radii.indices.map { radii[$0] > 0 ? scaled[1].limit($0, below: radii[$0]) : .infinity })
        nearLimits = SharedLimits([Float](repeating: -.infinity, count: findsNearest ? generated.count : 0))
        halves = SharedLimits((0..<generated.count).map(scaled[1].lowered))
    }

    deinit { balls.deallocate() }

    func scan(_ rows: Range<Int>, _ columns: Range<Int>) -> Part {
        var part = Part(
            isCovered: [Bool](repeating: false, count: rows.count),
            isRecalled: [Bool](repeating: false, count: rows.count),
            nearest: nearestOfReal.map { _ in NearestRows(rows.count, nearest: 1) })
        let longest = b.longest(columns)
        real.withRows { x in
            generated.withRows { y in
                ProductTile.with(a, rows, b, columns) { tile in
                    for row in rows {
                        let margin = a.margin(row, other: longest)
                        scanBalls(tile, x, y, row, margin, &part)
                        if let nearest = part.nearest { scanNearest(tile, x, y, row, margin, nearest) }
                    }
                }
            }
        }
        return part
    }

    private func scanBalls(
        _ tile: ProductTile, _ x: SetVectors.Rows, _ y: SetVectors.Rows, _ row: Int, _ margin: Float, _ part: inout Part
    ) {
        let (place, first) = (row - tile.rows.lowerBound, tile.columns.lowerBound)
        let radius = realRadii[row]
        if radius > 0 {
            let offset = a.limit(row, below: radius) - margin
            // Twice the margin and what the limits were lowered by: above that there is no doubt.
            let certain = 2 * margin + 4 * (a.halves[row] - a.lowered(row)) + Float(radius * a.scale) * 0x1p-18
            var isCovered = false
            tile.forEach(above: halves.pointer + first, offset: offset, inRow: row) { column, product in
                let surplus = product - (halves.pointer[column] + offset)
                let doubt = certain + 4 * (b.halves[column] - halves.pointer[column])
                guard surplus > doubt || x.squaredDistance(row, y, column) < radius else { return }
                balls[column] += 1
                isCovered = true
            }
            part.isCovered[place] = isCovered
        }
        var isRecalled = false
        let half = a.lowered(row) - margin
        tile.forEach(above: ballLimits.pointer + first, offset: half, inRow: row) { column, _ in
            isRecalled = isRecalled || x.squaredDistance(row, y, column) < generatedRadii[column]
        }
        part.isRecalled[place] = isRecalled
    }

    private func scanNearest(
        _ tile: ProductTile, _ x: SetVectors.Rows, _ y: SetVectors.Rows, _ row: Int, _ margin: Float,
        _ nearest: NearestRows
    ) {
        guard let ofReal = nearestOfReal, let ofGenerated = nearestOfGenerated else { return }
        let (local, first) = (row - tile.rows.lowerBound, tile.columns.lowerBound)
        var bound = ofReal.bound(row)
        if bound > 0 {
            var offset = a.limit(row, below: bound) - margin
            tile.forEach(above: halves.pointer + first, offset: offset, inRow: row) { column, product in
                guard product > halves.pointer[column] + offset else { return }
                let square = x.squaredDistance(row, y, column)
                guard square < bound else { return }
                nearest.insert(local, square, column)
                bound = square
                offset = bound > 0 ? a.limit(row, below: bound) - margin : .infinity
            }
        }
        let half = a.lowered(row) - margin
        tile.forEach(above: nearLimits.pointer + first, offset: half, inRow: row) { column, product in
            guard product > nearLimits.pointer[column] + half else { return }
            ofGenerated.insert(column, x.squaredDistance(row, y, column), row)
            let bound = ofGenerated.bound(column)
            nearLimits.pointer[column] = bound > 0 ? b.limit(column, below: bound) : .infinity
        }
    }
}

/// Which images of two sets lie in each other's manifolds: the balls around each image of a set that reach to its k-th nearest
/// other image of that set (Kynkäänniemi et al. 2019; Naeem et al. 2020).
struct Manifolds: Sendable {
    /// How many images of the other set something is so with, and the last of them.
    struct Others: Sendable {
        var count: Int32 = 0
        var last: Int32 = -1

        mutating func add(_ other: Int) {
            count += 1
            last = Int32(other)
        }

        mutating func merge(_ more: Others) {
            count += more.count
            if more.count > 0 { last = more.last }
        }
    }

    /// For each real image: the generated ones in its ball.
    private(set) var covering: [Others]
    /// For each real image: the generated ones in whose balls it lies.
    private(set) var recalling: [Others]
    /// For each generated image: the real ones in whose balls it lies.
    private(set) var holding: [Others]
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
        covering = [Others](repeating: Others(), count: real.count)
        recalling = covering
        for rows in work.rows {
            let found = Parallel.map(work.columns.count) { work.scan(rows, work.columns[$0]) }
            for part in found {
                for (place, row) in rows.enumerated() {
                    covering[row].merge(part.covering[place])
                    recalling[row].merge(part.recalling[place])
                }
                if let nearest = part.nearest { work.nearestOfReal?.merge(nearest, at: rows.lowerBound) }
            }
            try progress(real.count + generated.count + rows.upperBound, total)
        }
        holding = (0..<generated.count).map { work.holding[$0] }
        nearest = work.nearestOfReal.flatMap { real in work.nearestOfGenerated.map { (real, $0) } }
    }
}

/// The comparison of two sets, a tile at a time.
///
/// `@unchecked Sendable`: of the columns that tiles write to no two threads have the same.
private final class ManifoldWork: @unchecked Sendable {
    let rows, columns: [Range<Int>]
    let holding: UnsafeMutablePointer<Manifolds.Others>
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
        var covering, recalling: [Manifolds.Others]
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
        holding = .allocate(capacity: generated.count)
        holding.initialize(repeating: Manifolds.Others(), count: generated.count)
        nearestOfReal = findsNearest ? NearestRows(real.count, nearest: 1) : nil
        nearestOfGenerated = findsNearest ? NearestRows(generated.count, nearest: 1) : nil
        // Nothing lies in a ball without a size.
        ballLimits = SharedLimits(
            radii.indices.map { radii[$0] > 0 ? scaled[1].limit($0, below: radii[$0]) : .infinity })
        nearLimits = SharedLimits([Float](repeating: -.infinity, count: findsNearest ? generated.count : 0))
        halves = SharedLimits((0..<generated.count).map(scaled[1].lowered))
    }

    deinit { holding.deallocate() }

    func scan(_ rows: Range<Int>, _ columns: Range<Int>) -> Part {
        var part = Part(
            covering: [Manifolds.Others](repeating: Manifolds.Others(), count: rows.count),
            recalling: [Manifolds.Others](repeating: Manifolds.Others(), count: rows.count),
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
        // Twice the margin and what the limits were lowered by: above that there is no doubt.
        let certain = 2 * margin + 4 * a.slack(row)
        if radius > 0 {
            let offset = a.limit(row, below: radius) - margin
            let doubt = certain + 4 * a.slack(below: radius)
            tile.forEach(above: halves.pointer + first, offset: offset, inRow: row) { column, product in
                let surplus = product - (halves.pointer[column] + offset)
                guard surplus > doubt + 4 * b.slack(column) || x.squaredDistance(row, y, column) < radius else {
                    return
                }
                holding[column].add(row)
                part.covering[place].add(column)
            }
        }
        let half = a.lowered(row) - margin
        tile.forEach(above: ballLimits.pointer + first, offset: half, inRow: row) { column, product in
            let (surplus, radius) = (product - (ballLimits.pointer[column] + half), generatedRadii[column])
            let doubt = certain + 4 * (b.slack(column) + b.slack(below: radius))
            guard surplus > doubt || x.squaredDistance(row, y, column) < radius else { return }
            part.recalling[place].add(column)
        }
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

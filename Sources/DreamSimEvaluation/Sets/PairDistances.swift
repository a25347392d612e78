import DreamSimCheckpoints
package import Foundation

/// The cosine distances of all pairs of a set.
struct PairDistances {
    struct Found: Sendable {
        let a, b: Int
        let distance: Double
    }

    /// As `SetDiversity.distribution` has them.
    let quantiles: [String: Double]
    let nearest, farthest: [Found]

    private static let side = 512
    /// Up to so many pairs all distances are kept.
    private static let kept = 4_000_000
    private static let bins = 1 << 20

    init(_ set: SetVectors, extremes: Int, progress: (Int) throws -> Void) throws {
        let blocks = ProductTile.blocks(set.count, side: Self.side)
        let pairs = set.count * (set.count - 1) / 2
        var (near, far): ([Found], [Found]) = ([], [])
        var all: [Double] = []
        var counts = [Int](repeating: 0, count: pairs > Self.kept ? Self.bins : 0)
        var (least, largest) = (Double.infinity, 0.0)
        for first in blocks.indices {
            let rows = set.directions(blocks[first])
            let parts = Parallel.map(blocks.count - first) { offset in
                let columns = offset == 0 ? rows : set.directions(blocks[first + offset])
                return Self.tile(rows, blocks[first], columns, blocks[first + offset], extremes: extremes)
            }
            for part in parts {
                near = Self.merged(near, part.near, extremes) { $0.distance < $1.distance }
                far = Self.merged(far, part.far, extremes) { $0.distance > $1.distance }
                for distance in part.distances {
                    (least, largest) = (min(least, distance), max(largest, distance))
                    if counts.isEmpty {
                        all.append(distance)
                    } else {
                        counts[min(Self.bins - 1, Int(distance / 2 * Double(Self.bins)))] += 1
                    }
                }
            }
            try progress(blocks[first].upperBound)
        }
        (nearest, farthest) = (near, far)
        var found: [String: Double] = [:]
        all.sort()
        for percent in [0, 5, 25, 50, 75, 95, 100] {
            let share = Double(percent) / 100
            found["\(percent)"] =
                percent == 0
                ? least
                : percent == 100
                    ? largest
                    : counts.isEmpty
                        ? Quantiles.value(share, ofSorted: all) : Self.quantile(share, counts, pairs)
        }
        quantiles = found
    }

    /// The middle of the bin that holds a place.
    private static func quantile(_ share: Double, _ counts: [Int], _ total: Int) -> Double {
        var left = Int(share * Double(total - 1))
        let bin = counts.firstIndex { count in
            left -= count
            return left < 0
        }
        return 2 * (Double(bin ?? counts.count - 1) + 0.5) / Double(counts.count)
    }

    private static func merged(
        _ found: [Found], _ more: [Found], _ most: Int, _ precedes: (Found, Found) -> Bool
    ) -> [Found] {
        // Of equal distances the lower rows come first, so that the order depends on nothing else.
        Array(
            (found + more).sorted { a, b in
                a.distance != b.distance ? precedes(a, b) : (a.a, a.b) < (b.a, b.b)
            }.prefix(most))
    }

    private static func tile(
        _ x: DoubleMatrix, _ rows: Range<Int>, _ y: DoubleMatrix, _ columns: Range<Int>, extremes: Int
    ) -> (distances: [Double], near: [Found], far: [Found]) {
        let products = distances(x, y)
        var all: [Double] = []
        all.reserveCapacity(products.values.count)
        var (near, far): ([Found], [Found]) = ([], [])
        for row in 0..<rows.count {
            let start = rows == columns ? row + 1 : 0
            guard start < columns.count else { continue }
            for column in start..<columns.count {
                let distance = products.values[row * columns.count + column]
                all.append(distance)
                guard extremes > 0 else { continue }
                let found = Found(a: rows.lowerBound + row, b: columns.lowerBound + column, distance: distance)
                // Twice as many are gathered before they are sorted.
                if near.count < extremes || distance < near[extremes - 1].distance {
                    near.append(found)
                    if near.count >= 2 * extremes { near = merged(near, [], extremes) { $0.distance < $1.distance } }
                }
                if far.count < extremes || distance > far[extremes - 1].distance {
                    far.append(found)
                    if far.count >= 2 * extremes { far = merged(far, [], extremes) { $0.distance > $1.distance } }
                }
            }
        }
        return (
            all, merged(near, [], extremes) { $0.distance < $1.distance },
            merged(far, [], extremes) { $0.distance > $1.distance }
        )
    }

    /// The distances of directions, on the calling thread.
    private static func distances(_ x: DoubleMatrix, _ y: DoubleMatrix) -> DoubleMatrix {
        var found = DoubleMatrix(rows: x.rows, columns: y.rows)
        found.values.withUnsafeMutableBufferPointer { buffer in
            let target = DoubleView(buffer.baseAddress!, rows: x.rows, columns: y.rows)
            x.withView { x in y.withView { multiply(x, .none, $0, .transposed, into: target, scale: -1) } }
            for i in buffer.indices { buffer[i] = min(max(1 + buffer[i], 0), 2) }
        }
        return found
    }
}

extension SetVectors {
    /// Writes the cosine distances of all pairs: as `.npy` [N, N] float32, or as `.csv` whose first line and column name the images.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package func writeDistances(to url: URL, progress: (Int) throws -> Void = { _ in }) throws {
        let isText = url.pathExtension.lowercased() == "csv"
        let names = images.isEmpty ? (0..<count).map { "\($0)" } : images.map(\.exact)
        var array: NumpyWriter?
        var text: AtomicFile?
        do throws(AtomicFile.Failure) {
            if isText {
                text = try AtomicFile(replacing: url.path.utf8)
                try text?.append(Array(CSV.line(["image"] + names).utf8))
            }
        } catch { throw DreamSimError(error) }
        if !isText { array = try NumpyWriter(rowShape: [count], to: url) }
        let all = directions(0..<count)
        for rows in ProductTile.blocks(count, side: 64) {
            let products = DoubleMatrix.product(all.rows(rows), .none, all, .transposed)
            for row in rows {
                let start = (row - rows.lowerBound) * count
                let distances = (0..<count).map {
                    $0 == row ? 0 : Float(min(max(1 - products.values[start + $0], 0), 2))
                }
                if isText {
                    do throws(AtomicFile.Failure) {
                        try text?.append(Array(CSV.line([names[row]] + distances.map { "\($0)" }).utf8))
                    } catch { throw DreamSimError(error) }
                } else {
                    try array?.append(row: distances)
                }
            }
            try progress(rows.upperBound)
        }
        if let array = array.take() { try array.commit() }
        if let text = text.take() {
            do throws(AtomicFile.Failure) { try text.commit() } catch { throw DreamSimError(error) }
        }
    }
}

import Foundation
import GRDB
import Synchronization

/// Two rows and what shows that they belong together; `first < second`.
package struct RowPair: Sendable, Hashable {
    package let first: Int32
    package let second: Int32
    /// The distance of their vectors.
    package let distance: Double
    /// How their perceptual hashes agree; nil when they do not.
    var match: HashMatch?
    /// Whether one is the other compressed again or resized, without any edit.
    var isReencoding = false

    package init(first: Int32, second: Int32, distance: Double) {
        (self.first, self.second, self.distance) = (first, second, distance)
    }

    /// The row that is not this one.
    func other(than row: Int32) -> Int32 { row == first ? second : first }

    /// Whether this shows more surely that its rows belong together: a re-encoding, then hashes, from the fewest bits on, then
    /// the distance.
    func isCloser(than other: RowPair) -> Bool {
        func rank(_ pair: RowPair) -> Int { pair.isReencoding ? 0 : pair.match == nil ? 2 : 1 }
        func bits(_ pair: RowPair) -> Int { pair.match?.bits ?? 0 }
        if rank(self) != rank(other) { return rank(self) < rank(other) }
        return bits(self) != bits(other) ? bits(self) < bits(other) : RowPair.precedes(self, other)
    }

    /// Whether this comes first: by distance, then by rows.
    package static func precedes(_ a: RowPair, _ b: RowPair) -> Bool {
        (a.distance, a.first, a.second) < (b.distance, b.first, b.second)
    }
}

/// Finds all pairs of rows within a distance, by products of blocks, so that there is never a matrix of all with all.
struct PairSearch {
    let vectors: MappedVectors
    /// The rows that count.
    let rows: [Int32]
    /// With two sides, only pairs across them are wanted; nil for all.
    let sides: RowSides?
    let limit: Double

    /// More pairs are a sign of a threshold that says nothing, and would fill the memory.
    static let most = 20_000_000
    /// How many vectors are compared with all others in one pass.
    private static let together = 512

    /// The pairs, from the most alike on.
    /// - Throws: `DreamSimError` with `.badRequest` when there are too many.
    func pairs(progress: (_ done: Int, _ total: Int) -> Void) throws -> [RowPair] {
        var found: [RowPair] = []
        var included = RowMask(rows: vectors.rows, all: false)
        rows.forEach { included[Int($0)] = true }
        for start in stride(from: 0, to: rows.count, by: Self.together) {
            progress(start, rows.count)
            let block = Array(rows[start..<min(start + Self.together, rows.count)])
            found += try pairs(of: block, included)
            guard found.count <= Self.most else {
                throw DreamSimError(
                    .badRequest, "distance \(limit)",
                    "more than \(Self.most) pairs of images are within it; choose a smaller one")
            }
        }
        progress(rows.count, rows.count)
        return found.sorted(by: RowPair.precedes)
    }

    /// The pairs of a block's rows with the rows behind each.
    private func pairs(of block: [Int32], _ included: RowMask) throws -> [RowPair] {
        guard let first = block.first else { return [] }
        let scan = RowScan(vectors.stored.gathered(block))
        // Stored vectors are as long as 1 but for rounding, and sums in float32 round; what is near is computed exactly.
        let threshold = Float(1 - limit - 1e-3)
        let candidates = Mutex<[(Int32, Int32)]>([])
        let count = Atomic(0)
        scan.forEachBlock(of: vectors.stored, in: Int(first)..<vectors.rows) { part in
            var mine: [(Int32, Int32)] = []
            var score = part.scores
            for row in part.rows {
                if included[row] {
                    for (index, other) in block.enumerated()
                    // True of NaN, which has no distance either.
                    where !(score[index] < threshold) && Int(other) < row && sides?.areApart(Int(other), row) ?? true {
                        mine.append((other, Int32(truncatingIfNeeded: row)))
                    }
                }
                score += block.count
            }
            guard !mine.isEmpty,
                count.wrappingAdd(mine.count, ordering: .relaxed).newValue <= Self.most
            else { return }
            candidates.withLock { $0 += mine }
        }
        guard count.load(ordering: .relaxed) <= Self.most else {
            throw DreamSimError(
                .badRequest, "distance \(limit)",
                "more than \(Self.most) pairs of images are within it; choose a smaller one")
        }
        return try exact(candidates.withLock { $0 })
    }

    /// The pairs that are within the limit by their exact distance.
    /// - Throws: `DreamSimError` with `.damaged` when vectors have changed so that there is no distance.
    func exact(_ candidates: [(Int32, Int32)]) throws(DreamSimError) -> [RowPair] {
        let found = Mutex<[RowPair]>([])
        let areFinite = Atomic(true)
        Parallel.forEachRange(candidates.count, multiple: 256) { range in
            var mine: [RowPair] = []
            for (first, second) in candidates[range] {
                let distance = Embedding.cosineDistance(vectors.values(Int(first)), vectors.values(Int(second)))
                if distance.isNaN { areFinite.store(false, ordering: .relaxed) }
                if distance <= limit { mine.append(RowPair(first: first, second: second, distance: distance)) }
            }
            found.withLock { $0 += mine }
        }
        try vectors.checkIsWhole()
        guard areFinite.load(ordering: .relaxed) else { throw vectors.notFinite }
        return found.withLock { $0 }
    }
}

/// On which of two sides rows lie; identical files can lie on both.
struct RowSides: Sendable {
    var left: RowMask
    var right: RowMask

    /// Whether one can lie on one side and the other on the other.
    func areApart(_ a: Int, _ b: Int) -> Bool { (left[a] && right[b]) || (left[b] && right[a]) }
}

extension IndexReader {
    /// The pairs among some rows within a distance, from the most alike on.
    /// - Parameter rows: ascending.
    package func pairs(of rows: [Int32], within limit: Double) throws -> [RowPair] {
        try PairSearch(vectors: vectors, rows: rows, sides: nil, limit: limit).pairs { _, _ in }
    }

    /// The median distance between images of the index, from some thousand pairs that are the same every time; nil when
    /// there are fewer than two.
    package func typicalDistance() throws -> Double? {
        let rows = try read { try Int.fetchAll($0, sql: "SELECT min(row) FROM content GROUP BY pixels ORDER BY 1") }
            .filter(vectors.holds)
        guard rows.count > 1 else { return nil }
        var distances: [Double] = []
        var generator = SeededGenerator(state: 1)
        while distances.count < 2000 {
            let (a, b) = (rows[generator.index(below: rows.count)], rows[generator.index(below: rows.count)])
            if a != b { distances.append(Embedding.cosineDistance(vectors.values(a), vectors.values(b))) }
        }
        try vectors.checkIsWhole()
        guard !distances.contains(where: \.isNaN) else { throw vectors.notFinite }
        return distances.sorted()[distances.count / 2]
    }
}

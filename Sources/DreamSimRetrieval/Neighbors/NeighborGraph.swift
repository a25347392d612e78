import Foundation
import HeapModule
import Synchronization

/// A graph of near neighbors over the vectors of an index, for searches that look at few of them (HNSW, arXiv
/// 1603.09320).
struct NeighborGraph: Sendable {
    let file: NeighborFile
    let vectors: MappedVectors

    /// Opens the graph of an index; nil when there is none.
    /// - Throws: `DreamSimError`: `.damaged`, `.newerVersion`, `.unreadable`, and `.incompatible` when it is of other vectors.
    init?(_ reader: IndexReader) throws {
        guard let file = try NeighborFile(reader.folder.appending(path: NeighborFile.name)) else { return nil }
        guard file.header.vectors == reader.vectors.header.name, file.header.rows <= reader.vectors.rows else {
            throw DreamSimError(
                .incompatible, file.url.path,
                "is of another index, or of this one before it was compacted; build the nearest-neighbor graph"
            )
        }
        self.file = file
        vectors = reader.vectors
    }

    /// The rows that came after the graph was built.
    var newRows: Range<Int> { file.header.rows..<vectors.rows }

    /// Finds near rows, probably the nearest.
    /// - Parameters:
    ///   - query: of length 1.
    ///   - wanted: how many rows to find.
    ///   - effort: how many candidates are kept on the way; at least `wanted` are.
    ///   - mask: the rows that may be found; the others are only passed through.
    /// - Throws: `DreamSimError` with `.damaged`.
    func nearest(
        to query: UnsafePointer<Float>, wanted: Int, effort: Int, mask: RowMask?
    ) throws(DreamSimError) -> [BestRows.Entry] {
        var search = NeighborSearch(self, query, effort: max(effort, wanted))
        var found: [BestRows.Entry] = []
        for point in try search.run(mask) {
            guard found.count < wanted else { break }
            for row in rows(of: UInt32(point.row)) where mask?[Int(row)] ?? true {
                found.append(BestRows.Entry(score: point.score, row: Int32(row)))
            }
        }
        return Array(found.prefix(wanted))
    }

    /// A point and the rows that equal it.
    fileprivate func rows(of point: UInt32) -> [UInt32] { [point] + file.equal[point] }

    /// Whether one of the rows of a point may be found.
    fileprivate func isWanted(_ point: UInt32, _ mask: RowMask?) -> Bool {
        guard let mask else { return true }
        return mask[Int(point)] || file.equal[point].contains { mask[Int($0)] }
    }

    /// Finds near rows of several queries, on all threads.
    /// - Parameter queries: [count, width], each of length 1.
    func nearest(
        to queries: Tensor, wanted: Int, effort: Int, mask: RowMask?
    ) throws(DreamSimError) -> [[BestRows.Entry]] {
        let (count, width) = (queries.shape[0], queries.shape[1])
        let results = Mutex<([[BestRows.Entry]], DreamSimError?)>((Array(repeating: [], count: count), nil))
        Parallel.forEach(count) { index in
            queries.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                do throws(DreamSimError) {
                    let found = try nearest(to: base + index * width, wanted: wanted, effort: effort, mask: mask)
                    results.withLock { $0.0[index] = found }
                } catch {
                    results.withLock { $0.1 = error }
                }
            }
        }
        let (found, error) = results.withLock { $0 }
        if let error { throw error }
        return found
    }
}

/// One walk through a graph.
private struct NeighborSearch {
    private let graph: NeighborGraph
    private let stored: StoredRows
    private let query: UnsafePointer<Float>
    private let effort: Int
    private var fresh: [UInt32] = []
    private var scores: [Float]

    init(_ graph: NeighborGraph, _ query: UnsafePointer<Float>, effort: Int) {
        (self.graph, self.query, self.effort) = (graph, query, effort)
        stored = graph.vectors.stored
        scores = Array(repeating: 0, count: 2 * graph.file.header.links)
        fresh.reserveCapacity(scores.count)
    }

    /// From the highest level down to the best point that can be reached there, then around it on the lowest.
    mutating func run(_ mask: RowMask?) throws(DreamSimError) -> [BestRows.Entry] {
        var place = graph.file.header.entry
        for level in stride(from: graph.file.top, to: 0, by: -1) { place = try descend(from: place, onLevel: level) }
        return try spread(from: place, mask)
    }

    private mutating func descend(from place: Int, onLevel level: Int) throws(DreamSimError) -> Int {
        var record = try graph.file.record(place, onLevel: level)
        var best = score(record.row)
        var improved = true
        while improved {
            improved = false
            for link in record.links {
                let other = try graph.file.record(Int(link), onLevel: level)
                let score = score(other.row)
                if score > best {
                    (best, record, improved) = (score, other, true)
                    break
                }
            }
        }
        return Int(record.below)
    }

    private mutating func spread(from start: Int, _ mask: RowMask?) throws(DreamSimError) -> [BestRows.Entry] {
        var visited = RowMask(rows: graph.file.header.rows, all: false)
        var best = BestRows(effort)
        /// Points that were seen and whose links were not.
        var frontier = Heap<BestRows.Entry>()
        fresh = [UInt32(start)]
        visited[start] = true
        while true {
            fresh.withUnsafeBufferPointer { rows in
                scores.withUnsafeMutableBufferPointer { scores in
                    guard let base = scores.baseAddress else { return }
                    stored.products(of: rows, with: query, into: base)
                }
            }
            for (index, row) in fresh.enumerated() where !(scores[index] <= best.threshold) {
                if scores[index].isNaN {
                    guard !graph.isWanted(row, mask) else { throw graph.vectors.notFinite }
                    continue
                }
                let entry = BestRows.Entry(score: scores[index], row: Int32(row))
                frontier.insert(entry)
                if graph.isWanted(row, mask) { best.offer(entry) }
            }
            guard let next = frontier.popMax(), next.score >= best.threshold else { break }
            fresh.removeAll(keepingCapacity: true)
            for link in try graph.file.record(Int(next.row), onLevel: 0).links where !visited[Int(link)] {
                visited[Int(link)] = true
                fresh.append(link)
            }
        }
        return best.ranked
    }

    private mutating func score(_ row: UInt32) -> Float {
        var score: Float = 0
        withUnsafePointer(to: row) { row in
            stored.products(of: UnsafeBufferPointer(start: row, count: 1), with: query, into: &score)
        }
        return score
    }
}

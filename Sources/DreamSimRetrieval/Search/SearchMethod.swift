import Foundation

/// How near vectors are found.
public enum SearchMethod: Sendable, Hashable {
    /// By comparing with every vector: nothing is missed.
    case exact
    /// By the nearest-neighbor graph, which leads to few of them. A search keeps `effort` candidates (HNSW's ef), at least
    /// as many as are wanted; more find more and take longer. With nil, 128.
    ///
    /// Vectors that came after the graph was built are compared one by one. With a filter that leaves fewer than one in
    /// eight, all are, and nothing is missed.
    case approximate(effort: Int? = nil)

    /// How many candidates an approximate search keeps when nothing else is asked for.
    package static let standardEffort = 128
}

extension SearchMethod: Encodable {
    /// Writes `exact` or `approximate`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self == .exact ? "exact" : "approximate")
    }
}

extension IndexReader {
    /// How long an exact search will take, in seconds: measured on a part of the vectors, some 32 MB from their middle,
    /// which also tells whether they have to come from the disk.
    /// - Parameter queries: how many are answered together.
    package func expectedTime(ofExact queries: Int) -> Double {
        let stored = vectors.stored
        let part = min(stored.rows, max(1, (32 << 20) / max(1, stored.rowBytes)))
        guard queries > 0, part > 0 else { return 0 }
        let first = (stored.rows - part) / 2
        let scan = RowScan(Tensor(uninitialized: [queries, stored.width]) { $0.update(repeating: 0.5) })
        let time = ContinuousClock().measure {
            scan.forEachBlock(of: stored, in: first..<(first + part)) { _ in }
        }
        return time / .seconds(1) * Double(stored.rows) / Double(part)
    }
}

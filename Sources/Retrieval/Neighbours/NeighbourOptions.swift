/// How a graph of neighbours is built.
public struct NeighbourOptions: Sendable, Hashable {
    /// HNSW's M, from 2 to 256: so many links a picture gets; at most twice as many are kept. More find more, take more
    /// room and time.
    public var links = 16
    /// HNSW's efConstruction, from `links` on: how many candidates are kept while links are looked for.
    public var effort = 128

    /// The usual ones.
    public init() {}

    /// - Throws: `IndexError` with `.badRequest` for numbers out of range.
    func check() throws(IndexError) {
        guard (2...256).contains(links) else {
            throw IndexError(.badRequest, "links \(links)", "must be from 2 to 256")
        }
        guard (links...100_000).contains(effort) else {
            throw IndexError(.badRequest, "effort \(effort)", "must be from \(links), the number of links, to 100000")
        }
    }
}

/// What is known about the graph of neighbours of an index.
public struct NeighbourReport: Sendable, Encodable {
    /// How many vectors are in the graph.
    public let vectors: Int
    /// How many came to the index later; searches compare these one by one.
    public let newer: Int
    /// HNSW's M.
    public let links: Int
    /// HNSW's efConstruction.
    public let effort: Int
    /// The size of its file in bytes.
    public let bytes: Int
}

extension IndexReader {
    /// The graph of neighbours; nil when there is none.
    /// - Throws: `IndexError` with `.damaged`, `.newerSchema`, `.unreadable`, or `.incompatible` when it is of other
    ///   vectors.
    public func neighbours() throws -> NeighbourReport? {
        guard let graph = try NeighbourGraph(self) else { return nil }
        let header = graph.file.header
        return NeighbourReport(
            vectors: header.points, newer: graph.newRows.count, links: header.links, effort: header.effort,
            bytes: graph.file.size)
    }

    /// Reads the whole graph of neighbours and checks it.
    /// - Throws: as `neighbours()`, and `.missing` when there is none.
    public func verifyNeighbours() throws { try requireGraph().file.verify() }

    /// Removes the graph of neighbours, also one that is damaged. The index itself is not touched.
    /// - Returns: whether there was one.
    /// - Throws: `IndexError` with `.unwritable`.
    @discardableResult
    public func deleteNeighbours() throws -> Bool { try NeighbourFile.remove(from: folder) }

    func requireGraph() throws -> NeighbourGraph {
        guard let graph = try NeighbourGraph(self) else {
            throw IndexError(
                .missing, folder.appending(path: NeighbourFile.name).path,
                "there is no graph of neighbours; build it with 'dreamsim index graph'")
        }
        return graph
    }
}

/// How a nearest-neighbor graph is built.
package struct NeighborOptions: Sendable, Hashable {
    /// HNSW's M, from 2 to 256: so many links an image gets; at most twice as many are kept. More find more, take more
    /// room and time.
    package var links = 16
    /// HNSW's efConstruction, from `links` on: how many candidates are kept while links are looked for.
    package var effort = 128

    /// The usual ones.
    package init() {}

    /// - Throws: `DreamSimError` with `.badRequest` for numbers out of range.
    func check() throws(DreamSimError) {
        guard (2...256).contains(links) else {
            throw DreamSimError(.badRequest, "links \(links)", "must be from 2 to 256")
        }
        guard (links...100_000).contains(effort) else {
            throw DreamSimError(
                .badRequest, "effort \(effort)", "must be from \(links), the number of links, to 100000")
        }
    }
}

/// What is known about the nearest-neighbor graph of an index.
package struct NeighborReport: Sendable, Encodable {
    /// How many vectors are in the graph, those that equal another among them.
    package let vectors: Int
    /// How many came to the index later; searches compare these one by one.
    package let newer: Int
    /// HNSW's M.
    package let links: Int
    /// HNSW's efConstruction.
    package let effort: Int
    /// The size of its file in bytes.
    package let bytes: Int
}

extension IndexReader {
    /// The nearest-neighbor graph; nil when there is none.
    /// - Throws: `DreamSimError` with `.damaged`, `.newerVersion`, `.unreadable`, or `.incompatible` when it is of other
    ///   vectors.
    package func neighbors() throws -> NeighborReport? {
        guard let graph = try NeighborGraph(self) else { return nil }
        let header = graph.file.header
        return NeighborReport(
            vectors: header.points + (header.equal ?? 0), newer: graph.newRows.count, links: header.links,
            effort: header.effort,
            bytes: graph.file.size)
    }

    /// Why the nearest-neighbor graph cannot be used; nil when it can, or there is none.
    package var graphFault: DreamSimError? {
        do {
            _ = try neighbors()
            return nil
        } catch {
            return error as? DreamSimError
        }
    }

    /// Whether an error is about the nearest-neighbor graph, without which everything can be found by comparing all vectors.
    package func isOfGraph(_ error: DreamSimError) -> Bool {
        error.subject == folder.appending(path: NeighborFile.name).path
    }

    /// Reads the whole nearest-neighbor graph and checks it.
    /// - Throws: as `neighbors()`, and `.missing` when there is none.
    package func verifyNeighbors() throws { try requireGraph().file.verify() }

    /// Removes the nearest-neighbor graph, also one that is damaged. The index itself is not touched.
    /// - Returns: whether there was one.
    /// - Throws: `DreamSimError` with `.unwritable`.
    @discardableResult
    package func deleteNeighbors() throws -> Bool { try NeighborFile.remove(from: folder) }

    func requireGraph() throws -> NeighborGraph {
        guard let graph = try NeighborGraph(self) else {
            throw DreamSimError(
                .missing, folder.appending(path: NeighborFile.name).path,
                "there is no nearest-neighbor graph; build the nearest-neighbor graph first")
        }
        return graph
    }
}

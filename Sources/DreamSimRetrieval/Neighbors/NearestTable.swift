import Foundation

/// The nearest others of each of some rows, the best first.
struct NearestTable: Sendable {
    /// For each of the rows: the places of others among the rows, and their scores.
    let nearest: [[(place: Int, score: Float)]]

    /// With more rows than this, products of all with all take too long, and the nearest-neighbor graph is used.
    static let exactLimit = 200_000
    /// How many rows are compared with all others in one pass.
    private static let together = 512

    /// Finds them: exactly by products of blocks, or by the graph when there are more than `exactLimit` rows.
    /// - Parameters:
    ///   - rows: ascending.
    ///   - count: how many others each is to have.
    /// - Throws: `DreamSimError`: what `IndexReader.neighbors()` throws, and `.missing` when the graph is needed and not
    ///   there.
    init(
        _ reader: IndexReader, rows: [Int32], count: Int, progress: (_ done: Int, _ total: Int) -> Void
    ) throws {
        var mask = RowMask(rows: reader.vectors.rows, all: false)
        var place = Array(repeating: -1, count: reader.vectors.rows)
        for (index, row) in rows.enumerated() {
            mask[Int(row)] = true
            place[Int(row)] = index
        }
        let method: SearchMethod = rows.count > Self.exactLimit ? .approximate(effort: 2 * count) : .exact
        var nearest: [[(place: Int, score: Float)]] = []
        nearest.reserveCapacity(rows.count)
        for start in stride(from: 0, to: rows.count, by: Self.together) {
            progress(start, rows.count)
            let block = rows[start..<min(start + Self.together, rows.count)]
            // One more than wanted: each finds itself.
            let found = try reader.nearest(
                to: reader.vectors.stored.gathered(block), wanted: count + 1, mask: mask, method: method)
            for (row, entries) in zip(block, found) {
                let others = entries.filter { $0.row != row }.prefix(count)
                nearest.append(others.map { (place[Int($0.row)], $0.score) })
            }
        }
        progress(rows.count, rows.count)
        self.nearest = nearest
    }
}

extension IndexReader {
    /// The files in some folders, by the row of their vector; all files when no folder is named.
    /// - Throws: `DreamSimError` with `.badRequest` when there are none.
    func filesByRow(in folders: [ImagePath]) throws -> [Int32: [IndexedFile]] {
        let folders = folders.map { $0.absolute() }
        var files: [Int32: [IndexedFile]] = [:]
        try forEachFile { file in
            guard let content = file.content, content.row < vectors.rows,
                folders.isEmpty || folders.contains(where: { file.path.isInside($0) })
            else { return }
            files[Int32(content.row), default: []].append(file)
        }
        guard !files.isEmpty else {
            let which = folders.isEmpty ? "" : " in \(folders.map { "\($0)" }.joined(separator: ", "))"
            throw DreamSimError(.badRequest, folder.path, "holds no images\(which)")
        }
        return files
    }
}

/// A table that says which images belong to which queries: a CSV file with the columns `query` and `relevant`, one row for each
/// image that belongs to a query; paths are relative to the table's folder.
package struct RetrievalTable {
    private let path: String
    private let rows: [(query: ImagePath, relevant: ImagePath, line: Int)]

    /// Reads a table.
    /// - Throws: `DreamSimError`: `.unreadable`, `.malformed`, `.missingColumn`, `.badValue`, `.empty`.
    package init(contentsOf file: ImagePath) throws(DreamSimError) {
        let table = try Table(contentsOf: file)
        let (query, relevant) = (try table.column("query"), try table.column("relevant"))
        path = table.path
        let folder = file.parent
        var rows: [(query: ImagePath, relevant: ImagePath, line: Int)] = []
        for row in table.rows {
            rows.append(
                (
                    try table.image(row, query, in: folder).absolute(),
                    try table.image(row, relevant, in: folder).absolute(), row.line
                ))
        }
        guard !rows.isEmpty else { throw DreamSimError(.empty, path, "has no rows below its first line") }
        self.rows = rows
    }

    /// Queries that are not among some images, each once.
    package func queries(outside images: [ImagePath]) -> [ImagePath] {
        var seen = Set(images.map { $0.absolute() })
        return rows.map(\.query).filter { seen.insert($0).inserted }
    }

    /// The queries, by the rows of what was embedded.
    /// - Parameters:
    ///   - vectors: all images, the first of which are the gallery.
    ///   - gallery: how many of its rows are the gallery.
    /// - Returns: the queries, and notes on what is left out because it cannot be read.
    /// - Throws: `DreamSimError` with `.missing` for an image that belongs to a query and is not in the gallery.
    package func queries(
        in vectors: SetVectors, gallery: Int
    ) throws(DreamSimError) -> (queries: [RetrievalEvaluation.Query], notes: [String]) {
        let places = Dictionary(vectors.images.enumerated().map { ($0.element.absolute(), $0.offset) }) { first, _ in
            first
        }
        let failed = Set(vectors.failures.map { $0.image.absolute() })
        var order: [ImagePath] = []
        var relevant: [ImagePath: Set<Int>] = [:]
        var lost: Set<ImagePath> = []
        for row in rows {
            if relevant[row.query] == nil {
                order.append(row.query)
                relevant[row.query] = []
            }
            if let place = places[row.relevant], place < gallery {
                if row.relevant != row.query { relevant[row.query]?.insert(place) }
            } else if failed.contains(row.relevant) {
                lost.insert(row.relevant)
            } else {
                throw DreamSimError(
                    .missing, path, line: row.line,
                    "'\(row.relevant)' is not among the images that are searched; add it to them, or take out the row")
            }
        }
        var notes: [String] = []
        let unread = order.count { places[$0] == nil }
        if unread > 0 { notes.append("\(unread) queries cannot be read, and are left out") }
        if !lost.isEmpty {
            notes.append("\(lost.count) images that belong to queries cannot be read, and are left out")
        }
        return (
            order.compactMap { query in
                places[query].map { place in
                    RetrievalEvaluation.Query(
                        row: place, relevant: relevant[query] ?? [], own: place < gallery ? place : nil)
                }
            }, notes
        )
    }
}

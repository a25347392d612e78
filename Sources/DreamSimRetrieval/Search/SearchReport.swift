import Foundation

/// What searches found.
package struct SearchReport: DistanceReport, Sendable, Encodable {
    /// One query's results.
    package struct Search: Sendable, Encodable {
        /// What was searched for.
        package let query: ImagePath
        /// What results should not be like.
        package let unlike: [ImagePath]
        /// From the most alike to the least.
        package let results: [Entry]
    }

    /// One file's place.
    package struct Entry: DistanceEntry, Sendable, Encodable {
        /// 1 for the most alike.
        package let rank: Int
        /// Its number in the index.
        package let id: Int64
        /// The file.
        package let image: ImagePath
        /// The distance, under the metric's name.
        package let values: [String: Double]
        /// The number of columns.
        package let width: Int
        /// The number of rows.
        package let height: Int
        /// The size in bytes.
        package let bytes: Int64
        /// When it was last modified, in ISO 8601, UTC.
        package let modified: String
        /// Where a small copy of it is, in a service.
        package let thumbnail: String?
    }

    /// What made the distances: one metric.
    package let metrics: [MetricColumn]
    /// The index's folder, or its name in a service.
    package let index: String
    /// How many images were compared.
    package let images: Int
    /// How they were found: approximate searches may miss some.
    package let method: SearchMethod
    /// How many results come before the first; nil where none can.
    package let offset: Int?
    /// The queries, in their order.
    package let searches: [Search]
    /// The queries that could not be read.
    package let failures: [ComparisonReport.Failure]

    /// Gathers results.
    /// - Parameters:
    ///   - searches: each query's name, what it should not be like, and what it found.
    ///   - offset: how many of the hits are passed over.
    ///   - index: what the index is called; its folder when nil.
    ///   - shown: what a file's path is called.
    ///   - thumbnail: where a small copy of the image of a number is.
    package init(
        _ reader: IndexReader, _ searches: [(query: ImagePath, unlike: [ImagePath], hits: [SearchHit])],
        method: SearchMethod = .exact, failures: [ComparisonReport.Failure], offset: Int? = nil,
        index: String? = nil, shown: (ImagePath) -> ImagePath = { $0 }, thumbnail: ((Int64) -> String)? = nil
    ) throws {
        (self.method, self.offset) = (method, offset)
        let metric = MetricColumn(reader.settings.stamp)
        metrics = [metric]
        self.index = index ?? reader.folder.path
        images = try reader.count()
        self.failures = failures
        let style = Date.ISO8601FormatStyle()
        self.searches = searches.map { search in
            Search(
                query: search.query, unlike: search.unlike,
                results: search.hits.enumerated().dropFirst(offset ?? 0).map { place, hit in
                    Entry(
                        rank: place + 1, id: hit.file.id, image: shown(hit.file.path),
                        values: [metric.name: hit.distance], width: hit.file.content?.width ?? 0,
                        height: hit.file.content?.height ?? 0, bytes: hit.file.size,
                        modified: hit.file.modified.formatted(style), thumbnail: thumbnail?(hit.file.id))
                })
        }
    }
}

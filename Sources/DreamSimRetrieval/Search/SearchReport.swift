import DreamSim
import Foundation

/// What searches found.
package struct SearchReport: Sendable, Encodable {
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
    package struct Entry: Sendable, Encodable {
        /// 1 for the most alike.
        package let rank: Int
        /// Its number in the index.
        package let id: Int64
        /// The file.
        package let image: ImagePath
        /// The distance; lower is more alike.
        package let distance: Double
        /// The number of columns.
        package let width: Int
        /// The number of rows.
        package let height: Int
        /// The size in bytes.
        package let bytes: Int64
        /// When it was last modified, in ISO 8601, UTC.
        package let modified: String
    }

    /// Which way the numbers go.
    package let direction = Direction.lowerIsMoreAlike
    /// What made the numbers.
    package let model: ModelStamp
    /// The index's folder.
    package let index: String
    /// How many images were compared.
    package let images: Int
    /// How they were found: approximate searches may miss some.
    package let method: SearchMethod
    /// The queries, in their order.
    package let searches: [Search]
    /// The queries that could not be read.
    package let failures: [ComparisonReport.Failure]

    /// Gathers results.
    /// - Parameter searches: each query's name, what it should not be like, and what it found.
    package init(
        _ reader: IndexReader, _ searches: [(query: ImagePath, unlike: [ImagePath], hits: [SearchHit])],
        method: SearchMethod = .exact, failures: [ComparisonReport.Failure]
    ) throws {
        self.method = method
        model = reader.settings.stamp
        index = reader.folder.path
        images = try reader.count()
        self.failures = failures
        let style = Date.ISO8601FormatStyle()
        self.searches = searches.map { search in
            Search(
                query: search.query, unlike: search.unlike,
                results: search.hits.enumerated().map { place, hit in
                    Entry(
                        rank: place + 1, id: hit.file.id, image: hit.file.path, distance: hit.distance,
                        width: hit.file.content?.width ?? 0, height: hit.file.content?.height ?? 0,
                        bytes: hit.file.size, modified: hit.file.modified.formatted(style))
                })
        }
    }
}

public import DreamSim
import Foundation

/// What searches found.
public struct SearchReport: Sendable, Encodable {
    /// One query's results.
    public struct Search: Sendable, Encodable {
        /// What was searched for.
        public let query: ImagePath
        /// What results should not be like.
        public let unlike: [ImagePath]
        /// From the most alike to the least.
        public let results: [Entry]
    }

    /// One file's place.
    public struct Entry: Sendable, Encodable {
        /// 1 for the most alike.
        public let rank: Int
        /// Its number in the index.
        public let id: Int64
        /// The file.
        public let image: ImagePath
        /// The distance; lower is more alike.
        public let distance: Double
        /// The number of columns.
        public let width: Int
        /// The number of rows.
        public let height: Int
        /// The size in bytes.
        public let bytes: Int64
        /// When it was last modified, in ISO 8601, UTC.
        public let modified: String
    }

    /// Which way the numbers go.
    public let direction = Direction.lowerIsMoreAlike
    /// What made the numbers.
    public let model: ModelStamp
    /// The index's folder.
    public let index: String
    /// How many images were compared.
    public let images: Int
    /// How they were found: approximate searches may miss some.
    public let method: SearchMethod
    /// The queries, in their order.
    public let searches: [Search]
    /// The queries that could not be read.
    public let failures: [ComparisonReport.Failure]

    /// Gathers results.
    /// - Parameter searches: each query's name, what it should not be like, and what it found.
    public init(
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

/// One search with what results call it.
package struct SearchRequest: Sendable {
    /// What is searched for.
    package let name: ImagePath
    /// The images that results should not resemble.
    package let unlike: [ImagePath]
    /// The query.
    package let query: SearchQuery

    /// The requests of several queries: each by itself, or all as one.
    ///
    /// None when the mean lacks one of its images, or an image is missing that results should not resemble: the rest
    /// would mean something else.
    /// - Parameters:
    ///   - like: the queries' names, each with its query or the reason why there is none.
    ///   - unlike: the same of images that results should not resemble.
    ///   - weight: how much these count, from 0 to 1.
    ///   - takesMean: whether to search for the mean of all queries.
    /// - Throws: as `SearchQuery.combining`.
    package static func all(
        _ like: [(name: ImagePath, query: Result<SearchQuery, any Error>)],
        unlike: [(name: ImagePath, query: Result<SearchQuery, any Error>)] = [], weight: Double = 0.5,
        takesMean: Bool = false
    ) throws -> [SearchRequest] {
        let wanted = like.compactMap { part in (try? part.query.get()).map { (name: part.name, query: $0) } }
        let unwanted = unlike.compactMap { try? $0.query.get() }
        if unwanted.count < unlike.count || (takesMean && wanted.count < like.count) { return [] }
        func request(_ name: ImagePath, _ queries: [SearchQuery]) throws -> SearchRequest {
            SearchRequest(
                name: name, unlike: unlike.map(\.name),
                query: unwanted.isEmpty && queries.count == 1
                    ? queries[0] : try .combining(queries, unlike: unwanted, weight: weight))
        }
        guard takesMean else { return try wanted.map { try request($0.name, [$0.query]) } }
        let name = ImagePath(wanted.map { ImagePath.text($0.name.bytes) }.joined(separator: " + "))
        return [try request(name, wanted.map(\.query))]
    }
}

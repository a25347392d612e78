import Foundation
import GRDB

/// Where the image of a query comes from.
package enum QuerySource: Sendable, Hashable {
    /// A file. When the index knows its content, no model is needed.
    case file(ImagePath)
    /// A whole file in memory.
    case bytes([UInt8], name: String)
    /// A file of the index, by its number.
    case entry(Int64)

    /// What results call it.
    package var name: ImagePath {
        switch self {
        case .file(let path): path
        case .bytes(_, let name): ImagePath(name)
        case .entry(let id): ImagePath("#\(id)")
        }
    }
}

extension IndexReader {
    /// Finds the vectors of queries: in the index when it knows the content, else by the model.
    /// - Parameters:
    ///   - sources: the queries.
    ///   - excludesThemselves: whether the queries' own files are left out of their results.
    ///   - acrossPrecisions: whether the model's precision may differ from the index's.
    ///   - model: loads the model; called at most once, and only when it is needed.
    /// - Returns: for each source its query, or why there is none.
    /// - Throws: what `model` throws, and `DreamSimError` with `.incompatible` when its embeddings cannot be compared with
    ///   the index's.
    package func queries(
        _ sources: [QuerySource], excludesThemselves: Bool = true, acrossPrecisions: Bool = false,
        model load: () async throws -> any EmbeddingMetric
    ) async throws -> [Result<SearchQuery, any Error>] {
        var loaded: (any EmbeddingMetric)?
        var results: [Result<SearchQuery, any Error>] = []
        for source in sources {
            switch Result(catching: { try look(source) }) {
            case .failure(let error): results.append(.failure(error))
            case .success(.known(let vector, let own)):
                results.append(.success(SearchQuery(vector: vector, excluded: excludesThemselves ? own : [])))
            case .success(.fresh(let bytes, let name, let own)):
                if loaded == nil {
                    let model = try await load()
                    try settings.check(model.stamp, index: folder, acrossPrecisions: acrossPrecisions)
                    loaded = model
                }
                guard let model = loaded else { continue }
                results.append(
                    Result {
                        let image = try Image(decoding: bytes, name: name, options: model.preprocessing.decoding)
                        let prepared = try model.prepare(image, name: name)
                        return try SearchQuery(
                            vector: model.embed(preprocessed: [prepared])[0].finite().values,
                            excluded: excludesThemselves ? own : [])
                    })
            }
        }
        return results
    }

    /// The query of an image whose vector the index has; nil when a model is needed.
    /// - Throws: `DreamSimError` with `.badRequest` for a number that the index does not have; `DreamSimError` for a file
    ///   that cannot be read.
    package func known(_ source: QuerySource, excludesItself: Bool = true) throws -> SearchQuery? {
        guard case .known(let vector, let own) = try look(source) else { return nil }
        return SearchQuery(vector: vector, excluded: excludesItself ? own : [])
    }

    private enum Look {
        case known([Float], own: Set<ImagePath>)
        case fresh([UInt8], name: String, own: Set<ImagePath>)
    }

    /// Looks for a query in the index.
    private func look(_ source: QuerySource) throws -> Look {
        switch source {
        case .file(let path):
            let bytes = try RegularFile.read(
                rawPath: path.bytes, byteLimit: settings.stamp.preprocessing.decoding.byteLimit)
            let own: Set<ImagePath> = [path.absolute()]
            if let vector = try vector(ofBytes: bytes) { return .known(vector, own: own) }
            return .fresh(bytes, name: "\(path)", own: own)
        case .bytes(let bytes, let name):
            let limit = settings.stamp.preprocessing.decoding.byteLimit
            guard bytes.count <= limit else {
                throw DreamSimError(.badRequest, name, "has more than \(limit) bytes, the most that an image may have")
            }
            if let vector = try vector(ofBytes: bytes) { return .known(vector, own: []) }
            return .fresh(bytes, name: name, own: [])
        case .entry(let id):
            guard let file = try file(id: id), let vector = try vector(of: file) else {
                throw DreamSimError(.badRequest, "#\(id)", "is not the number of an image in \(folder.path)")
            }
            return .known(vector, own: [file.path])
        }
    }

    /// The file with a number; nil when there is none.
    package func file(id: Int64) throws -> IndexedFile? {
        try read { db in
            try Row.fetchOne(db, sql: IndexedFile.selection + " WHERE file.id = ?", arguments: [id])
                .map(IndexedFile.init)
        }
    }

    private func vector(ofBytes bytes: [UInt8]) throws -> [Float]? {
        let digest = Data(SHA256Digest.bytes(of: bytes))
        let file = try read { db in
            try Row.fetchOne(db, sql: IndexedFile.selection + " WHERE content.bytes = ? LIMIT 1", arguments: [digest])
                .map(IndexedFile.init)
        }
        return try file.flatMap { try vector(of: $0) }
    }
}

extension SearchQuery {
    /// What several images have in common: the mean of their directions, less a share of the mean of others.
    /// - Parameters:
    ///   - like: what results should be like; at least one.
    ///   - unlike: what they should not be like.
    ///   - weight: how much the others count, from 0 (not at all) to 1 (as much as the wanted ones).
    /// - Throws: `DreamSimError` with `.badRequest` when nothing is left, or there is nothing to be like.
    package static func combining(
        _ like: [SearchQuery], unlike: [SearchQuery] = [], weight: Double = 0.5
    ) throws -> SearchQuery {
        guard let width = like.first?.vector.count, (like + unlike).allSatisfy({ $0.vector.count == width }) else {
            throw DreamSimError(
                .badRequest, "query", "there is no wanted image, or the vectors have different widths")
        }
        var sum = [Double](repeating: 0, count: width)
        for (queries, share) in [(like, 1.0), (unlike, -weight)] {
            for query in queries {
                for (i, value) in IndexWriter.unit(query.vector).enumerated() {
                    sum[i] += share / Double(queries.count) * Double(value)
                }
            }
        }
        guard sum.contains(where: { abs($0) > 1e-6 }) else {
            throw DreamSimError(.badRequest, "query", "the wanted and the unwanted images cancel each other")
        }
        return SearchQuery(
            vector: sum.map { Float($0) },
            excluded: (like + unlike).reduce(into: []) { $0.formUnion($1.excluded) })
    }
}

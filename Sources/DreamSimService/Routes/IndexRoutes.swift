import DreamSimRetrieval
import Foundation
import HTTPTypes
import Hummingbird

/// The index: what it holds, what is most like an image, and small images of its files.
enum IndexRoutes {
    static let all: [Route] =
        [list, status("/v1/index"), status("/v1/indexes/{name}", [name])]
        + search("/v1/search") + search("/v1/indexes/{name}/search", [name])
        + [thumbnail("/v1/index/thumbnails/{id}"), thumbnail("/v1/indexes/{name}/thumbnails/{id}", [name])]

    /// Which index is meant; the first one where a route has no such parameter.
    static let name = Parameter(name: "name", kind: .text, summary: "The index's name.", isInPath: true)

    private static func status(_ path: String, _ parameters: [Parameter] = []) -> Route {
        Route(
            method: .get, path: path, summary: "Say what the index holds and whether it can be searched.",
            tag: "Index", parameters: parameters, answers: [.json(shape, "The index.")], problems: problems,
            handle: status)
    }

    private static let shape = Schema.object([
        "name": Schema.string, "images": Schema.integer, "failures": Schema.integer,
        "model": Schema.reference("Model"), "width": Schema.integer, "precision": Schema.string,
        "isSearchable": Schema.boolean, "hasGraph": Schema.boolean, "graphError?": Schema.string,
        "takesChanges": Schema.boolean,
    ])

    private static let list = Route(
        method: .get, path: "/v1/indexes", summary: "List the indexes, the one that is used without a name first.",
        tag: "Index",
        answers: [
            .json(
                Schema.object([
                    "indexes": Schema.array(
                        ["anyOf": [shape, Schema.object(["name": Schema.string, "error": Schema.string])]])
                ]), "The indexes; of one that cannot be used the reason.")
        ],
        problems: [.loading, .overload], handle: list)

    private static func search(_ path: String, _ parameters: [Parameter] = []) -> [Route] {
        [
            Route(
                method: .post, path: path, summary: "Search the index for similar images.",
                tag: "Index",
                parameters: parameters + paging + speed + [
                    Parameter(
                        name: "mean", kind: .flag, summary: "Search for what all images have in common.",
                        standard: false)
                ],
                images: [Route.ImageField(name: "image", count: 1...16, summary: "The images that are searched for.")],
                answers: [
                    .json(
                        Schema.answer("search"),
                        "For each image the most alike of the index; those that cannot be used are named apart. When none can be, the answer is a problem."
                    )
                ], problems: problems, handle: search),
            Route(
                method: .get, path: path,
                summary: "Search the index for images similar to an indexed one, by its id.",
                tag: "Index",
                parameters: parameters + paging + speed + [
                    Parameter(
                        name: "id", kind: .integer(1...Int(Int32.max)), summary: "The image's number.",
                        isRequired: true)
                ],
                answers: [.json(Schema.answer("search"), "The most alike of the index.")], problems: problems,
                handle: searchByNumber),
        ]
    }

    private static func thumbnail(_ path: String, _ parameters: [Parameter] = []) -> Route {
        Route(
            method: .get, path: path, summary: "A small image of a file of the index.",
            tag: "Index",
            parameters: parameters + [
                Parameter(
                    name: "id", kind: .integer(1...Int(Int32.max)), summary: "The file's number.", isInPath: true),
                Parameter(
                    name: "side", kind: .integer(16...4096), summary: "The longer side in pixels, at most.",
                    standard: 256),
            ],
            answers: [
                Route.Answer(
                    mediaType: "image/jpeg", summary: "The image, upright, over white.", headers: [.cacheControl])
            ],
            problems: problems + [.unusableImage], handle: thumbnail)
    }

    static let problems: [Problem.Kind] = [.notFound, .loading, .overload, .incomparable, .unavailable]

    private static let paging = [
        Parameter(name: "count", kind: .integer(1...1000), summary: "The number of results.", standard: 24),
        Parameter(
            name: "offset", kind: .integer(0...10_000), summary: "The results that are passed over.", standard: 0),
    ]

    private static let speed = [
        Parameter(
            name: "approximate", kind: .flag,
            summary: "Search by the index's nearest-neighbor graph, which is fast and may miss some.", standard: false),
        Parameter(
            name: "effort", kind: .integer(1...10_000),
            summary: "The candidates that an approximate search keeps (HNSW's ef): more find more and take longer.",
            standard: .integer(SearchMethod.standardEffort)),
    ]

    /// How a call wants to search.
    private static func method(_ call: Call) throws(Problem) -> SearchMethod {
        let effort = call.integer("effort")
        if call.flag("approximate") == true { return .approximate(effort: effort) }
        // Generated clients send what the document states as the default.
        if let effort, effort != SearchMethod.standardEffort {
            throw Problem(.badParameter, "effort goes with approximate=true")
        }
        return .exact
    }

    /// Searches; blocks. Where the graph cannot be used, all vectors are compared.
    /// - Returns: what was found, and how.
    /// - Throws: `Problem` when the index cannot be used.
    private static func search(
        _ index: ServedIndex, _ reader: IndexReader, _ queries: [SearchQuery], count: Int, method: SearchMethod,
        _ core: ServiceCore
    ) throws -> (hits: [[SearchHit]], method: SearchMethod) {
        do {
            return (try reader.search(queries, count: count, method: method), method)
        } catch let error as DreamSimError where error.kind == .missing {
            throw Problem(
                .incomparable, "the index has no nearest-neighbor graph, by which approximate searches go",
                advice: "search without approximate, or build it by ‘dreamsim index graph’")
        } catch let error as DreamSimError where method != .exact && reader.isOfGraph(error) {
            core.tell(error, of: index)
            return try search(index, reader, queries, count: count, method: .exact, core)
        } catch let error as DreamSimError where ![.badRequest, .damaged].contains(error.kind) {
            throw Problem.unavailable("the index", error, in: reader.folder)
        }
    }

    /// The index that a call means.
    static func index(_ call: Call) throws(Problem) -> ServedIndex {
        let served = call.core.served
        guard let name = call.text("name") else {
            if let first = served.indexes.first { return first }
            throw Problem(.notFound, "the service has no index", advice: "start it with an index")
        }
        guard let index = served.index(named: name) else {
            throw Problem(
                .notFound, "the service has no index '\(name.prefix(64))'", advice: "/v1/indexes lists what there is")
        }
        return index
    }

    /// Where the small image of a file is.
    static func thumbnail(of id: Int64, _ call: Call) -> String {
        call.text("name").map { "/v1/indexes/\($0)/thumbnails/\(id)" } ?? "/v1/index/thumbnails/\(id)"
    }

    private static func status(_ call: Call) async throws -> Response {
        let (engine, index) = (try call.core.engine(), try index(call))
        let takesChanges = call.core.settings.additions != nil
        return try await engine.searches.run(for: call.client) {
            try .json(ServedIndexStatus(index, engine, takesChanges: takesChanges))
        }
    }

    private static func list(_ call: Call) async throws -> Response {
        let (engine, indexes) = (try call.core.engine(), call.core.served.indexes)
        let takesChanges = call.core.settings.additions != nil
        return try await engine.searches.run(for: call.client) {
            let listed = try indexes.map { index in
                do { return ListedIndex.usable(try ServedIndexStatus(index, engine, takesChanges: takesChanges)) } catch
                {
                    guard let problem = error as? Problem else { throw error }
                    return .broken(name: index.name, error: problem.detail)
                }
            }
            return try .json(["indexes": listed])
        }
    }

    // MARK: Searching

    private static func search(_ call: Call) async throws -> Response {
        let (engine, index, method) = (try call.core.engine(), try index(call), try method(call))
        let images = try await call.uploads()["image"] ?? []
        let admission = try engine.batcher.admit(images.count, of: call.client)
        let reader = try await engine.searches.run(for: call.client) { try index.reader() }
        var results: [Result<(name: String, query: SearchQuery), Problem>] = []
        for image in images {
            do {
                results.append(.success((image.name, try await query(image, reader, engine, admission))))
            } catch let problem as Problem where !problem.failures.isEmpty {
                results.append(.failure(problem))
            } catch let error as DreamSimError where error.kind != .damaged {
                results.append(.failure(Problem(error, of: image)))
            }
        }
        let isMean = call.flag("mean") == true && images.count > 1
        // A part that is missing would change what the rest means.
        if isMean { for result in results { _ = try result.get() } }
        var (queries, failures) = try Problem.usable(results, of: images)
        if isMean {
            queries = [
                (queries.map(\.name).joined(separator: " + "), try SearchQuery.combining(queries.map(\.query)))
            ]
        }
        return try await answer(call, engine, index, reader, queries, failures, method)
    }

    /// The query of an image: from the index when it knows the file, else from its model.
    private static func query(
        _ image: Upload, _ reader: IndexReader, _ engine: Engine, _ admission: Admission
    ) async throws -> SearchQuery {
        let known = try await engine.images.run(for: admission.client) {
            switch image.source {
            case .bytes(let bytes): try reader.known(.bytes(bytes, name: image.name))
            case .file(let path): try reader.known(.file(path))
            }
        }
        if let known { return known }
        guard let model = engine.model(reader.settings.stamp) else {
            throw Problem(
                .incomparable, "the index was made with \(reader.settings.stamp.model), which is not loaded",
                advice: "start the service with that model")
        }
        let prepared = try await engine.prepare([image], for: [model], admission)[0].get()
        return SearchQuery(vector: try await engine.embed([prepared], with: model, admission)[0].finite().values)
    }

    private static func searchByNumber(_ call: Call) async throws -> Response {
        let (engine, index, method) = (try call.core.engine(), try index(call), try method(call))
        let id = call.integer("id") ?? 0
        let (reader, query) = try await engine.searches.run(for: call.client) {
            let reader = try index.reader()
            guard try reader.file(id: Int64(id))?.content != nil, let query = try reader.known(.entry(Int64(id))) else {
                throw Problem(.notFound, "the index has no image of number \(id)")
            }
            return (reader, query)
        }
        return try await answer(call, engine, index, reader, [("#\(id)", query)], [], method)
    }

    private static func answer(
        _ call: Call, _ engine: Engine, _ index: ServedIndex, _ reader: IndexReader,
        _ queries: [(name: String, query: SearchQuery)], _ failures: [ComparisonReport.Failure], _ method: SearchMethod
    ) async throws -> Response {
        let (count, offset) = (call.integer("count") ?? 24, call.integer("offset") ?? 0)
        let found = try await engine.searches.run(for: call.client) {
            try search(
                index, reader, queries.map(\.query), count: offset + count, method: method, call.core)
        }
        let searches = zip(queries, found.hits).map { (query: ImagePath($0.name), unlike: [ImagePath](), hits: $1) }
        let settings = call.core.settings
        return try await engine.searches.run(for: call.client) {
            try .json(
                SearchReport(
                    reader, searches, method: found.method, failures: failures, offset: offset,
                    index: settings.showsPaths ? nil : index.name,
                    shown: ShownPaths(reader, settings).callAsFunction,
                    thumbnail: { thumbnail(of: $0, call) }))
        }
    }

    // MARK: Images

    private static func thumbnail(_ call: Call) async throws -> Response {
        let (engine, index) = (try call.core.engine(), try index(call))
        let (id, side) = (call.integer("id") ?? 0, call.integer("side") ?? 256)
        return try await engine.images.run(for: call.client) {
            guard let file = try index.reader().file(id: Int64(id)), file.content != nil else {
                throw Problem(.notFound, "the index has no image of number \(id)")
            }
            let small = try engine.image(file.path, named: "#\(id)", side: side)
            return .bytes(
                try small.jpegData(quality: 85), "image/jpeg", headers: [.cacheControl: "private, max-age=300"])
        }
    }
}

import Hummingbird

/// What there is: metrics, models, and the document of all routes.
enum CatalogRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/v1/metrics",
            summary: "List the metrics, say which way their numbers go and which are loaded.", tag: "Catalog",
            answers: [
                .json(
                    Schema.object(["metrics": Schema.array(Schema.reference("ListedMetric"))]),
                    "Loaded metrics first, then the others of the catalog.")
            ],
            problems: [.loading], handle: metrics),
        Route(
            method: .get, path: "/v1/models", summary: "List the models of the catalog and their state.",
            tag: "Catalog",
            answers: [
                .json(
                    Schema.object([
                        "models": Schema.array(
                            Schema.object([
                                "name": Schema.string, "summary": Schema.string, "width": Schema.integer,
                                "state": Schema.readiness, "nightsValidation?": Schema.number,
                                "nightsTest?": Schema.number, "license": Schema.string, "precision?": Schema.precision,
                            ]))
                    ]), "The models.")
            ],
            problems: [.loading], handle: models),
        Route(
            method: .get, path: "/v1/openapi.json", summary: "This document.", tag: "Catalog",
            answers: [.json(Schema.anything, "OpenAPI 3.1.")],
            handle: { call in
                try .json(
                    OpenAPI.document(
                        RouteTable.all, needsToken: call.core.served.tokens.isNeeded,
                        takesPaths: call.core.root != nil,
                        metrics: LoadedMetrics((try? call.core.engine().metrics) ?? []), place: call.place))
            }),
    ]

    private static func metrics(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let loaded = engine.metrics.map { MetricListing($0) }
        let others = try await others(call, MetricCatalog.listing)
        let names = Set(loaded.map(\.name))
        return try .json(["metrics": loaded + others.filter { !names.contains($0.name) }])
    }

    private static func models(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let loaded = engine.metrics.compactMap { $0 as? PerceptualModel }.map {
            ModelListing($0.description, .loaded, in: $0.stamp.precision)
        }
        let others = try await others(call, Catalog.listing)
        let names = Set(loaded.map(\.name))
        return try .json(["models": loaded + others.filter { !names.contains($0.name) }])
    }

    /// What is known of what is not loaded; nothing when the service was given no store.
    private static func others<Listing: Sendable>(
        _ call: Call, _ list: @escaping @Sendable (ModelStore) -> [Listing]
    ) async throws -> [Listing] {
        guard let store = call.core.settings.store else { return [] }
        // Looks for files.
        return try await call.core.engine().files.run { list(ModelStore(store)) }
    }
}

import DreamSim
import Hummingbird

/// What there is: metrics, models, and the document of all routes.
enum CatalogueRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/v1/metrics",
            summary: "List the metrics, say which way their numbers go and which are loaded.", tag: "Catalogue",
            answers: [
                .json(
                    Schema.object(["metrics": Schema.array(Schema.reference("Metric"))]),
                    "Loaded metrics first, then the others of the catalogue.")
            ],
            problems: [.loading], handle: metrics),
        Route(
            method: .get, path: "/v1/models", summary: "List the models of the catalogue and their state.",
            tag: "Catalogue",
            answers: [
                .json(
                    Schema.object([
                        "models": Schema.array(
                            Schema.object([
                                "name": Schema.string, "summary": Schema.string, "width": Schema.integer,
                                "state": Schema.choice(State.allCases.map(\.rawValue)),
                                "nightsValidation?": Schema.number, "nightsTest?": Schema.number,
                                "licence": Schema.string,
                            ]))
                    ]), "The models.")
            ],
            problems: [.loading], handle: models),
        Route(
            method: .get, path: "/v1/openapi.json", summary: "This document.", tag: "Catalogue",
            answers: [.json(Schema.anything, "OpenAPI 3.1.")],
            handle: { call in
                try .json(
                    OpenAPI.document(
                        RouteTable.all, needsToken: call.core.settings.token != nil,
                        takesPaths: call.core.root != nil,
                        metrics: (try? call.core.engine().metrics.map(\.card.name)) ?? []))
            }),
    ]

    private enum State: String, Encodable, CaseIterable {
        case loaded
        case ready
        case missing = "weights missing"
    }

    private struct Metric: Encodable {
        let name: String
        let kind: MetricListing.Kind
        let summary: String
        let direction: Direction
        let lowest: Double
        let highest: Double
        let identical: Double
        let size: MetricCard.Size
        let state: State
        let isSpatial: Bool

        init(_ loaded: any PerceptualMetric) {
            let card = loaded.card
            (name, summary, direction, size) = (card.name, card.summary, card.direction, card.size)
            (lowest, highest, identical) = (card.lowest, card.highest, card.identical)
            kind = loaded is PerceptualModel ? .model : .metric
            state = .loaded
            isSpatial = loaded is any SpatialMetric
        }

        init(_ listing: MetricListing) {
            (name, kind, summary, direction) = (listing.name, listing.kind, listing.summary, listing.direction)
            (lowest, highest, identical) = (listing.lowest, listing.highest, listing.identical)
            size = listing.size
            state = listing.isReady ? .ready : .missing
            isSpatial = false
        }
    }

    private static func metrics(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let names = Set(engine.metrics.map(\.card.name))
        let store = call.core.settings.store
        let others = try await engine.workers.run {
            store.map { MetricCatalogue.listing(in: ModelStore($0)) } ?? []
        }
        return try .json([
            "metrics": engine.metrics.map(Metric.init)
                + others.filter { !names.contains($0.name) }.map(Metric.init)
        ])
    }

    private struct Model: Encodable {
        let name: String
        let summary: String
        let width: Int
        let state: State
        let nightsValidation: Double?
        let nightsTest: Double?
        let licence: String

        init(_ model: ModelDescription, _ state: State) {
            (name, summary, width, licence) = (model.name, model.summary, model.width, model.licence)
            self.state = state
            (nightsValidation, nightsTest) = (model.agreement?.validation, model.agreement?.test)
        }
    }

    private static func models(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let loaded = engine.metrics.compactMap { $0 as? PerceptualModel }.map(\.description)
        let store = call.core.settings.store
        let others = try await engine.workers.run {
            Catalogue.all.map { model in
                Model(model, store.map { model.isReady(in: ModelStore($0)) } == true ? .ready : .missing)
            }
        }
        let names = Set(loaded.map(\.name))
        return try .json([
            "models": loaded.map { Model($0, .loaded) } + others.filter { !names.contains($0.name) }
        ])
    }
}

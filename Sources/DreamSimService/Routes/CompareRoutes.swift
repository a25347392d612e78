import HTTPTypes
import Hummingbird

/// How alike images are to a reference, and which of two is nearer.
enum CompareRoutes {
    static let all: [Route] = [
        Route(
            method: .post, path: "/v1/compare",
            summary: "Rank images by their distance to a reference, by one metric or several.", tag: "Comparing",
            parameters: metricParameters + [
                Parameter(
                    name: "rank-by", kind: .metric(.any),
                    summary: "The metric that ranks; the first one when it is not given.")
            ] + LimitParameters.all,
            images: [
                reference,
                Route.ImageField(name: "image", count: 1...127, summary: "The images that are compared with it."),
            ],
            answers: [
                .json(
                    Schema.answer("compare"),
                    "The images, from the most alike to the least; those that cannot be compared are named apart. When none can be, the answer is a problem."
                )
            ],
            handle: compare),
        Route(
            method: .post, path: "/v1/vote",
            summary: "Choose which of two images is more similar to a reference, by one metric or several.",
            tag: "Comparing",
            parameters: metricParameters,
            images: [
                reference, Route.ImageField(name: "a", count: 1...1, summary: "The first image."),
                Route.ImageField(name: "b", count: 1...1, summary: "The second image."),
            ],
            answers: [
                .json(Schema.answer("vote"), "Each metric's choice. When none can choose, the answer is a problem.")
            ],
            handle: vote),
    ]

    static let reference = Route.ImageField(
        name: "reference", count: 1...1, summary: "The image that others are compared with.")

    static let resize = Parameter(
        name: "resize", kind: .integer(16...2048),
        summary:
            "Bring all images to a square of this side for metrics that compare them as they are. Without it such metrics refuse images of different sizes."
    )

    static let metricParameters = [
        Parameter(
            name: "metric", kind: .metrics,
            summary: "Loaded metrics, separated by commas, or 'all'; the first loaded one when it is not given."),
        resize,
    ]

    private static func compare(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let metrics = try engine.metrics(named: call.names("metric"))
        let leader = call.text("rank-by")
        if let leader, !metrics.contains(where: { $0.card.name == leader }) {
            throw Problem(
                .badParameter, "rank-by: '\(leader)' is not among the metrics of this comparison",
                advice: Problem.choice("the only one is", "they are", metrics.map(\.card.name)))
        }
        let limits = try LimitParameters.limits(call, metrics)
        let uploads = try await call.uploads()
        let (reference, images) = (try Call.one(uploads, "reference"), uploads["image"] ?? [])
        let admission = try engine.batcher.admit(images.count + 1, of: call.client)
        let found = try await engine.compare(
            reference, images, by: metrics, resize: call.integer("resize"), admission)
        let first = ImagePath(reference.name)
        let outcomes = zip(images, found.results).enumerated().map { index, item in
            PairOutcome(
                index: index, pair: ImagePair(first, ImagePath(item.0.name)),
                // The image is not named: it may be called what the reference is called.
                result: item.1.mapError { PairFailure(image: nil, error: $0) },
                warnings: index == 0 ? found.warnings : [])
        }
        let comparison = try ComparisonReport(
            reference: first, metrics: found.columns, rankedBy: leader, outcomes: outcomes, limits: limits,
            field: "image")
        guard !comparison.results.isEmpty else {
            throw Problem.joining(
                images.indices.compactMap { index in
                    found.problem(of: index) {
                        Problem.Failure(field: "image", image: images[index].name, error: $0)
                    }
                }, "images")
        }
        return try .json(comparison)
    }

    private static func vote(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let metrics = try engine.metrics(named: call.names("metric"))
        let uploads = try await call.uploads()
        let reference = try Call.one(uploads, "reference")
        let sides = [try Call.one(uploads, "a"), try Call.one(uploads, "b")]
        let admission = try engine.batcher.admit(3, of: call.client)
        let found = try await engine.compare(
            reference, sides, by: metrics, resize: call.integer("resize"), admission)
        let vote = VoteReport(
            found.columns, reference: ImagePath(reference.name),
            a: (ImagePath(sides[0].name), try found.results[0].get()),
            b: (ImagePath(sides[1].name), try found.results[1].get()), warnings: found.warnings)
        if vote.votes.isEmpty {
            // Where each side has its value by another metric, there is no single image to blame.
            let problems = sides.indices.compactMap { index in
                found.problem(of: index) {
                    Problem.Failure(field: sides[index].field, image: sides[index].name, error: $0)
                }
            }
            if !problems.isEmpty { throw Problem.joining(problems, "images") }
        }
        return try .json(vote)
    }
}

import Hummingbird

/// Many pairs of images at once.
enum PairRoutes {
    static let all: [Route] = [
        Route(
            method: .post, path: "/v1/pairs",
            summary: "Measure pairs of images, by one metric or several. Each image is sent and embedded once.",
            tag: "Comparing",
            parameters: CompareRoutes.metricParameters + [
                Parameter(
                    name: "pairs", kind: .list(pattern: "^(0|[1-9][0-9]{0,2})-(0|[1-9][0-9]{0,2})$"),
                    summary:
                        "Pairs of images by their places from 0, such as 0-1,0-2,3-4; the first with the second, the third with the fourth and so on when it is not given."
                )
            ] + LimitParameters.all,
            images: [Route.ImageField(name: "image", count: 2...128, summary: "The images.")],
            answers: [
                .json(
                    Schema.answer("pairs"),
                    "The pairs, in the order in which they were asked for; those that cannot be measured say why. When none can be, the answer is a problem."
                )
            ], handle: pairs)
    ]

    private struct Answer: Encodable {
        struct Pair: Encodable {
            let a: Int
            let b: Int
            let imageA: String
            let imageB: String
            let values: [String: Double]?
            let errors: [String: String]?
            let error: String?
            let pass: Bool?
        }

        let metrics: [MetricColumn]
        let limits: [String: Double]?
        let results: [Pair]
        let pairs: Int
        let failed: Int
        let pass: Bool?
        let summary: [String: PairSummary.Entry]
        let warnings: [String]
    }

    private static func pairs(_ call: Call) async throws -> Response {
        let engine = try call.core.engine()
        let metrics = try engine.metrics(named: call.names("metric"))
        let limits = try LimitParameters.limits(call, metrics)
        let wanted = try call.names("pairs").map { try $0.map(pair) }
        let images = try await call.uploads()["image"] ?? []
        guard wanted != nil || images.count % 2 == 0 else {
            throw Problem(.badParameter, "\(images.count) images are not pairs", advice: "say which with pairs=0-1,0-2")
        }
        let pairs = wanted ?? stride(from: 0, to: images.count, by: 2).map { ($0, $0 + 1) }
        if let stranger = pairs.first(where: { max($0.0, $0.1) >= images.count }) {
            throw Problem(
                .badParameter, "pairs: there is no image \(max(stranger.0, stranger.1)) among \(images.count), from 0")
        }
        let admission = try engine.batcher.admit(images.count, of: call.client)
        let found = try await engine.compare(
            pairs: pairs.map { (a: $0.0, b: $0.1) }, of: images, by: metrics, resize: call.integer("resize"), admission)
        let problems = pairs.indices.compactMap { index in problem(found, index, pairs[index], images) }
        guard problems.count < pairs.count else { throw Problem.joining(problems, "pairs") }
        var summary = PairSummary(found.columns, limits: limits)
        let results = zip(pairs, found.results).map { pair, result in
            let (a, b) = (images[pair.0].name, images[pair.1].name)
            let error: String? = if case .failure(let problem) = result { problem.detail } else { nil }
            let (values, errors) =
                (try? result.get()).map { ComparisonReport.values(of: found.columns, $0) } ?? ([:], [:])
            summary.add(ImagePair(ImagePath(a), ImagePath(b)), values)
            return Answer.Pair(
                a: pair.0, b: pair.1, imageA: a, imageB: b, values: error == nil ? values : nil,
                errors: errors.isEmpty ? nil : errors, error: error, pass: limits.passes(values))
        }
        return try .json(
            Answer(
                metrics: found.columns, limits: limits.values, results: results, pairs: pairs.count,
                failed: problems.count, pass: summary.pass, summary: summary.entries, warnings: found.warnings))
    }

    /// Why a pair has no value at all; nil when it has one.
    private static func problem(
        _ found: Engine.Comparison, _ index: Int, _ pair: (Int, Int), _ images: [Upload]
    ) -> Problem? {
        guard var problem = found.problem(of: index, { Problem.Failure(error: $0) }) else { return nil }
        for place in problem.failures.indices { (problem.failures[place].a, problem.failures[place].b) = pair }
        return problem
    }

    private static func pair(_ text: String) throws -> (Int, Int) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let places = parts.compactMap { Parameter.whole($0) }.filter { (0...999).contains($0) }
        guard parts.count == 2, places.count == 2 else {
            throw Problem(.badParameter, "pairs: '\(text.prefix(40))' is not two places, such as 0-1")
        }
        return (places[0], places[1])
    }
}

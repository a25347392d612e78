import DreamSimRetrieval
import Hummingbird

/// Images that the index holds more than once.
enum DuplicateRoutes {
    static let all = [
        route("/v1/duplicates"), route("/v1/indexes/{name}/duplicates", [IndexRoutes.name]),
    ]

    private static func route(_ path: String, _ parameters: [Parameter] = []) -> Route {
        Route(
            method: .get, path: path,
            summary: "Find images that the index holds more than once. A long search continues between requests.",
            tag: "Index",
            parameters: parameters + [
                Parameter(
                    name: "tier", kind: .choice(DuplicateTier.allCases.map(\.rawValue)),
                    summary: "The loosest tier that is looked for.", standard: "re-encoded"),
                Parameter(
                    name: "distance", kind: .number(0...2),
                    summary:
                        "Up to which distance images belong to the tier near or scene; that of the model's calibration when it is not given."
                ),
                Parameter(name: "count", kind: .integer(1...200), summary: "The number of groups.", standard: 20),
                Parameter(
                    name: "offset", kind: .integer(0...1_000_000), summary: "The groups that are passed over.",
                    standard: 0),
            ],
            answers: [
                .json(Schema.answer("dedupe"), "The groups."),
                .json(
                    Schema.object(["done": Schema.integer, "total": Schema.integer]),
                    "The search is still running; ask again after the time in Retry-After.", status: .accepted,
                    headers: [.retryAfter]),
            ],
            problems: [.notFound, .loading, .overload, .unavailable], handle: duplicates)
    }

    private struct Answer: Encodable {
        /// A file of the report, and where its small image is.
        struct File: Encodable {
            let file: DuplicateReport.File
            let shown: ImagePath
            let thumbnail: String

            func encode(to encoder: any Encoder) throws {
                try file.encode(to: encoder)
                // The path is put in the place of the whole one.
                try ["image": shown.exact, "thumbnail": thumbnail].encode(to: encoder)
            }
        }

        struct Group: Encodable {
            let tier: DuplicateTier
            let diameter: Double
            let files: [File]
        }

        let metrics: [MetricColumn]
        let tier: DuplicateTier
        let thresholds: DuplicateThresholds
        let rules: [String]
        let images, duplicates, withoutFingerprint, uncertain: Int
        let bytes: Int64
        let groupCount, offset: Int
        let groups: [Group]
    }

    private static func duplicates(_ call: Call) async throws -> Response {
        let (engine, index) = (try call.core.engine(), try IndexRoutes.index(call))
        let tier = call.text("tier").flatMap(DuplicateTier.init) ?? .reencoded
        let (count, offset) = (call.integer("count") ?? 20, call.integer("offset") ?? 0)
        let search = try index.duplicates(
            tier, call.number("distance"), in: ModelStore(call.core.settings.store ?? .fromEnvironment()),
            on: engine.background)
        // Most searches are over before anybody has to ask again.
        for _ in 0..<40 where !search.isDone { try await Task.sleep(for: .milliseconds(25)) }
        guard let report = try search.report() else {
            let progress = search.progress ?? (0, 0)
            return try .json(
                ["done": progress.done, "total": progress.total], status: .accepted, headers: [.retryAfter: "1"])
        }
        let settings = call.core.settings
        return try await engine.searches.run(for: call.client) {
            let shown = try ShownPaths(index.reader(), settings)
            return try .json(
                Answer(
                    metrics: report.metrics, tier: report.tier, thresholds: report.thresholds, rules: report.rules,
                    images: report.images, duplicates: report.duplicates,
                    withoutFingerprint: report.withoutFingerprint, uncertain: report.uncertain, bytes: report.bytes,
                    groupCount: report.groups.count, offset: offset,
                    groups: report.groups.dropFirst(offset).prefix(count).map { group in
                        Answer.Group(
                            tier: group.tier, diameter: group.diameter,
                            files: group.files.map { file in
                                Answer.File(
                                    file: file, shown: shown(file.image),
                                    thumbnail: IndexRoutes.thumbnail(of: file.id, call))
                            }
                        )
                    }))
        }
    }
}

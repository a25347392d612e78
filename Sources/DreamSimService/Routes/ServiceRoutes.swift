import Hummingbird

/// What this service was started with.
enum ServiceRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/v1/service",
            summary: "Say what the service was started with, and whether its models are loaded.", tag: "Health",
            answers: [
                .json(
                    Schema.object([
                        "version": Schema.string, "isReady": Schema.boolean, "hasIndex": Schema.boolean,
                        "hasReports": Schema.boolean, "hasCutouts": Schema.boolean,
                        "hasVotingRoom": Schema.boolean, "takesChanges": Schema.boolean,
                        "limits": Schema.object([
                            "images": Schema.integer, "bodyBytes": Schema.integer, "pixels": Schema.integer,
                        ]),
                    ]), "What there is.")
            ],
            handle: { call in
                let (core, settings, served) = (call.core, call.core.settings, call.core.served)
                return try .json(
                    Answer(
                        version: Version.current, isReady: core.isReady, hasIndex: !served.indexes.isEmpty,
                        hasReports: served.reports != nil, hasCutouts: (try? core.engine())?.detector != nil,
                        hasVotingRoom: settings.votingRoom != nil, takesChanges: settings.additions != nil,
                        limits: Answer.Limits(
                            images: core.limits.images, bodyBytes: core.limits.bodyBytes, pixels: core.limits.pixels)))
            })
    ]

    private struct Answer: Encodable {
        struct Limits: Encodable {
            let images, bodyBytes, pixels: Int
        }

        let version: String
        let isReady, hasIndex, hasReports, hasCutouts, hasVotingRoom, takesChanges: Bool
        let limits: Limits
    }
}

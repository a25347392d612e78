import Hummingbird

/// What the numbers of metrics mean, as far as it comes with the project, or `dreamsim evaluate` and `dreamsim calibrate` have
/// found it out.
enum ProfileRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/v1/profiles",
            summary: "Say how the values of loaded metrics fall on known pairs of images.", tag: "Catalog",
            parameters: [CompareRoutes.resize],
            answers: [.json(Schema.object(["profiles": Schema.array(profile)]), "One for each metric that has one.")],
            problems: [.loading], handle: profiles)
    ]

    private struct Profile: Encodable {
        struct Landmarks: Encodable {
            let dataSet: String
            let unrelated: Distribution
            let related: Distribution?
        }

        /// A hundred and one values at equal steps of rank.
        struct Distribution: Encodable {
            let count: Int
            let percentiles: [Double]

            init(_ distribution: DistanceDistribution) {
                count = distribution.count
                percentiles = (0...100).map { distribution.quantile(Double($0) / 100) }
            }
        }

        /// The value up to which a pair is taken for a kind; nil for the last.
        struct Kind: Encodable {
            let kind: PairKind
            let upTo: Double?
        }

        let metric: String
        let direction: Direction
        let landmarks: Landmarks?
        let kinds: [Kind]?
        /// What is said of kinds that come with the project and are not used; nil where those are used, or there are none.
        let replacement: String?
        let threshold: MetricProfile.Threshold?

        init(_ profile: MetricProfile) {
            (metric, direction) = (profile.identity.name, profile.identity.direction)
            threshold = profile.threshold
            kinds = profile.tellingKinds?.ends.map(Kind.init)
            replacement = profile.replacement
            // As texts about a value do: those of the largest set.
            let set = profile.dataSets.max { $0.unrelated.count < $1.unrelated.count }
            let ofSet = set.map { ($0.name, $0.unrelated, $0.related) }
            let ofKinds = profile.kinds.flatMap { kinds in
                kinds.distributions[.unrelated].map { (kinds.dataSet, $0, kinds.distributions[.scene]) }
            }
            landmarks = (ofSet ?? ofKinds).map { name, unrelated, related in
                Landmarks(
                    dataSet: name, unrelated: Distribution(unrelated), related: related.map(Distribution.init))
            }
        }
    }

    private static func profiles(_ call: Call) async throws -> Response {
        let (engine, store, resize) = (try call.core.engine(), call.core.settings.store, call.integer("resize"))
        return try await engine.files.run {
            let profiles = store.map { store in
                engine.metrics.compactMap { metric in
                    MetricProfile.find(
                        MetricColumn(metric, decoding: engine.decoding, resize: resize).identity, in: ModelStore(store))
                }
            }
            return try .json(["profiles": (profiles ?? []).map(Profile.init)])
        }
    }

    private static let distribution = Schema.object([
        "count": Schema.integer, "percentiles": Schema.array(Schema.number),
    ])
    private static let profile = Schema.object([
        "metric": Schema.string, "direction": Schema.reference("direction"),
        "landmarks?": Schema.object([
            "dataSet": Schema.string, "unrelated": distribution, "related?": distribution,
        ]),
        "kinds?": Schema.array(Schema.object(["kind": Schema.string, "upTo?": Schema.number])),
        "replacement?": Schema.string,
        "threshold?": Schema.object([
            "value": Schema.number, "low?": Schema.number, "high?": Schema.number, "criterion": Schema.string,
            "precision": Schema.number, "recall": Schema.number, "dataSet": Schema.string, "count": Schema.integer,
        ]),
    ])
}

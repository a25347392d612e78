import Foundation
import Hummingbird

/// How the service is.
enum HealthRoutes {
    static let all: [Route] = [
        Route(
            method: .get, path: "/healthz", summary: "Say that the service is alive.", tag: "Health",
            answers: [.json(state, "It is.")], isOpen: true,
            handle: { _ in try .json(["status": "alive"]) }),
        Route(
            method: .get, path: "/readyz",
            summary: "Say whether models are loaded, requests are taken, and index and reports can be used.",
            tag: "Health",
            answers: [
                .json(state, "They are."),
                .json(
                    readiness, "Not yet, or no longer, or something cannot be used.", status: .serviceUnavailable,
                    headers: [.retryAfter]),
            ],
            isOpen: true,
            handle: { call in
                let reasons = try await call.core.faults()
                return reasons.isEmpty
                    ? try .json(Readiness(status: "ready", reasons: nil))
                    : try .json(
                        Readiness(status: "not ready", reasons: reasons), status: .serviceUnavailable,
                        headers: [.retryAfter: "1"])
            }),
        Route(
            method: .get, path: "/metrics", summary: "What the service has done, for Prometheus.", tag: "Health",
            answers: [Route.Answer(mediaType: PrometheusText.mediaType, summary: "Counters, gauges and histograms.")],
            handle: { call in .bytes(Array(prometheus(call.core).utf8), PrometheusText.mediaType) }),
    ]

    /// All that is counted and measured.
    private static func prometheus(_ core: ServiceCore) -> String {
        let engine = try? core.engine()
        var text = PrometheusText()
        text.gauge("dreamsim_build_info", "The program; always 1.", 1, ["version": Version.current])
        core.statistics.add(to: &text)
        for (name, help, value) in [
            ("connections", "Open connections.", core.connections.count),
            ("images_accepted", "Images that are accepted and not answered.", engine?.batcher.admitted ?? 0),
            ("held_bytes", "Memory reserved for bodies, images and answers.", core.budget.held),
            ("decoding_bytes", "Memory reserved for decoding.", engine?.decodingMemory.held ?? 0),
            ("working_bytes", "Memory reserved for metrics.", engine?.batcher.workingBytes ?? 0),
        ] { text.gauge("dreamsim_\(name)", help, Double(value)) }
        text.gauge(
            "dreamsim_work_seconds", "Work that is accepted and not done, as estimated.",
            engine?.batcher.outstanding ?? 0)
        ProcessFigures.add(to: &text)
        return text.text
    }

    private struct Readiness: Encodable {
        let status: String
        let reasons: [String]?
    }

    private static let readiness = Schema.object([
        "status": Schema.string, "reasons?": Schema.array(Schema.string),
    ])
    private static let state = Schema.object(["status": Schema.string])
}

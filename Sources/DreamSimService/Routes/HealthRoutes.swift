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
                .json(readiness, "Not yet, or no longer, or something cannot be used.", status: .serviceUnavailable),
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
            answers: [Route.Answer(mediaType: prometheus, summary: "Counters, gauges and histograms.")],
            handle: { call in
                let core = call.core
                let engine = try? core.engine()
                let text = core.statistics.text(gauges: [
                    (
                        "dreamsim_images_accepted", "Images that are accepted and not answered.",
                        Double(engine?.batcher.admitted ?? 0)
                    ),
                    ("dreamsim_held_bytes", "Bytes of bodies and images that are held.", Double(core.budget.held)),
                    ("dreamsim_connections", "Open connections.", Double(core.connections.count)),
                    (
                        "dreamsim_connections_refused", "Connections of addresses that had too many.",
                        Double(core.connections.refused)
                    ),
                    (
                        "dreamsim_work_seconds", "Work that is accepted and not done, as estimated.",
                        engine?.batcher.outstanding ?? 0
                    ),
                    ("dreamsim_resident_bytes", "Memory of the process.", Double(residentBytes)),
                ])
                return .bytes(Array(text.utf8), prometheus)
            }),
    ]

    private static let prometheus = "text/plain; version=0.0.4; charset=utf-8"
    private struct Readiness: Encodable {
        let status: String
        let reasons: [String]?
    }

    private static let readiness = Schema.object([
        "status": Schema.string, "reasons?": Schema.array(Schema.string),
    ])
    private static let state = Schema.object(["status": Schema.string])

    /// The memory that the process holds, in bytes; 0 where the system does not tell.
    private static var residentBytes: Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return (fields?.dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}

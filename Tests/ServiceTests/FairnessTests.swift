import DreamSim
import DreamSimService
import DreamSimSupport
import Foundation
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A metric that computes in steps until it is told to end: 0 for every pair.
private final class SteppingMetric: PerceptualMetric {
    private struct State {
        var isOpen = false
        var steps = 0
        var stopped = 0
    }

    private let state = Mutex(State())

    let card: MetricCard

    init(_ name: String = "stepping") {
        card = MetricCard(
            name: name, summary: "takes steps", direction: .lowerIsMoreAlike, lowest: 0, highest: 1, size: .square(8))
    }

    var steps: Int { state.withLock(\.steps) }
    var stopped: Int { state.withLock(\.stopped) }

    func open() { state.withLock { $0.isOpen = true } }

    func values(from reference: Image, to images: [Image]) throws -> [Double] {
        while !state.withLock(\.isOpen) {
            state.withLock { $0.steps += 1 }
            usleep(2000)
            do { try Interruption.check() } catch {
                state.withLock { $0.stopped += 1 }
                throw error
            }
        }
        return images.map { _ in 0 }
    }
}

/// Nobody waits for somebody else's work.
@Suite("A service that is shared", .timeLimit(.minutes(5)))
struct FairnessTests {
    private static func form(_ images: Int = 1) throws -> Form {
        let png = try Images.png(1)
        return Form([("reference", "r.png", png)] + (0..<images).map { ("image", "\($0).png", png) })
    }

    @Test("answers others while a client's long work is computed")
    func turns() async throws {
        let (long, short) = (SteppingMetric("long"), SteppingMetric("short"))
        short.open()
        try await RunningService.with(metrics: [long, short]) { service in
            defer { long.open() }
            let first = try service.client()
            first.send("POST", "/v1/compare?metric=long", headers: [Form.header], body: try Self.form().body)
            while long.steps == 0 { usleep(1000) }
            // The first one has not been answered, and cannot be.
            let second = try service.post("/v1/compare?metric=short", Self.form())
            #expect(second.status == 200)
            let steps = long.steps
            while long.steps == steps { usleep(1000) }
            long.open()
            #expect(try first.answer().status == 200)
        }
    }

    @Test("stops the work of a client that has left at its next step")
    func leaving() async throws {
        let metric = SteppingMetric()
        try await RunningService.with(metrics: [metric]) { service in
            defer { metric.open() }
            var client: RawClient? = try service.client()
            client?.send("POST", "/v1/compare", headers: [Form.header], body: try Self.form(20).body)
            while metric.steps == 0 { usleep(1000) }
            client = nil
            while metric.stopped == 0 { usleep(1000) }
            try service.wait(for: "dreamsim_images_accepted", 0)
            #expect(metric.stopped == 1 && client == nil)
            let steps = metric.steps
            usleep(50_000)
            #expect(metric.steps == steps)
        }
    }

    @Test("counts a client that leaves in the middle of its body as one that left, and not as a fault")
    func leftBody() async throws {
        try await RunningService.with { service in
            let form = try Self.form()
            for count in 0..<60 {
                let client = try service.client()
                client.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: \(form.body.count)"])
                client.send(Array(form.body.prefix(1 + count * 20)))
                if count % 2 == 0 { usleep(2000) }
            }
            try service.waitUntil("dreamsim_connections") { $0 <= 1 }
            let text = try service.get("/metrics").text
            #expect(!text.contains("status=\"500\"") && !text.contains("status=\"503\""), "\(text)")
            #expect(text.contains("route=\"/v1/compare\",method=\"POST\",status=\"499\""))
            try service.waitUntil("dreamsim_disconnects_total") { $0 > 0 }
        }
    }

    @Test("refuses work that would take too long, and says what would not")
    func tooMuchWork() async throws {
        // Long beside what other tests may make it wait for a processor.
        let metric = SlowMetric(seconds: 0.5)
        let settings = ServiceSettings.limited { $0.workTime = .seconds(20) }
        try await RunningService.with(settings, metrics: [metric]) { service in
            let small = try Images.png(1, width: 100, height: 100)
            func form(_ count: Int, _ png: [UInt8]) -> Form {
                Form([("reference", "r.png", png)] + (0..<count).map { ("image", "\($0).png", png) })
            }
            // What was never measured is let in.
            #expect(try service.post("/v1/compare", form(2, small)).status == 200)
            let refused = try service.post("/v1/compare", form(120, small))
            try HostileTests.check(service, refused, 413, "too-large")
            #expect(refused.text.contains("such pairs") && refused.text.contains("slow"), "\(refused.text)")
            #expect(try service.post("/v1/compare", form(2, small)).status == 200)
        }
    }

    @Test("refuses work for which others' work leaves no time, and says when to come again")
    func tooMuchWaits() async throws {
        let metric = SlowMetric(seconds: 0.5)
        let settings = ServiceSettings.limited { ($0.workTime, $0.acceptedWork) = (.seconds(100), .seconds(12)) }
        try await RunningService.with(settings, metrics: [metric]) { service in
            #expect(try service.post("/v1/compare", Self.form()).status == 200)
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header], body: try Self.form(40).body)
            try service.waitUntil("dreamsim_work_seconds") { $0 > 8 }
            let refused = try service.post("/v1/compare", Self.form(20))
            try HostileTests.check(service, refused, 503, "overload")
            #expect(refused.headers["retry-after"] != nil)
            #expect(try first.answer().status == 200)
            #expect(try service.post("/v1/compare", Self.form()).status == 200)
        }
    }

    @Test("gives connections of one address no more than their share, and others theirs")
    func shareOfConnections() async throws {
        let settings = ServiceSettings.limited { ($0.connectionsPerPeer, $0.bodyTime) = (8, .seconds(50)) }
        try await RunningService.with(settings) { service in
            // All of them are in use.
            let busy = try (0..<8).map { _ in try service.client() }
            for client in busy {
                client.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 1000"])
            }
            let elsewhere = try RawClient(service.port, from: "127.0.0.9")
            func ask() throws -> RawClient.Answer {
                elsewhere.send("GET", "/metrics")
                return try elsewhere.answer()
            }
            while !(try ask().text.contains("dreamsim_held_bytes 8000")) { usleep(5000) }
            let surplus = try service.client()
            let answer = try surplus.answer()
            #expect(answer.status == 503 && answer.headers["retry-after"] != nil && surplus.isEnded())
            #expect(try ask().text.contains("dreamsim_refused_total{reason=\"connections\"} 1"))
            withExtendedLifetime(busy) {}
        }
    }

    @Test("closes a connection that rests for a new one of its address, and one that says nothing soon")
    func restingConnections() async throws {
        let settings = ServiceSettings.limited { ($0.connectionsPerPeer, $0.firstByteTime) = (4, .seconds(15)) }
        try await RunningService.with(settings) { service in
            let resting = try (0..<4).map { _ in
                let client = try service.client()
                client.send("GET", "/healthz")
                #expect(try client.answer().status == 200)
                return client
            }
            let another = try service.client()
            another.send("GET", "/healthz")
            #expect(try another.answer().status == 200)
            #expect(resting[0].isEnded())
            let silent = try RawClient(service.port, from: "127.0.0.9")
            #expect(silent.isEnded())
        }
    }
}

/// A metric that takes a given time for each image.
private struct SlowMetric: PerceptualMetric {
    var seconds = 0.02
    let card = MetricCard(
        name: "slow", summary: "takes time", direction: .lowerIsMoreAlike, lowest: 0, highest: 1,
        size: .full(minimum: 1))

    func values(from reference: Image, to images: [Image]) throws -> [Double] {
        try images.map { _ in
            try Interruption.check()
            usleep(UInt32(seconds * 1e6))
            return 0
        }
    }
}

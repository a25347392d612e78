import DreamSim
import DreamSimService
import Foundation
import Logging
import TestSupport
import Testing

/// What the log says of requests, also of those that nobody understood.
@Suite("The log of a service", .timeLimit(.minutes(5)))
struct LogTests {
    @Test("has an event for a request, with what it has taken")
    func request() async throws {
        let log = RecordedLog()
        let png = try Images.png(1)
        try await RunningService.with(log: log) { service in
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let headers = ["X-Request-ID: mine"]
            let answer = try service.post("/v1/compare?metric=all", form, headers: headers)
            let event = log.wait(forRequest: "mine")
            #expect(event.level == .info && event.message == "POST /v1/compare 200")
            #expect(event.text("client") == "127.0.0.1" && event.text("method") == "POST")
            #expect(event.text("route") == "/v1/compare" && event.number("status") == 200)
            #expect(event.text("model") == "mse,psnr" && event.number("images") == 2)
            #expect(event.number("bytesIn") == Double(form.body.count))
            #expect(event.number("bytesOut") == Double(answer.body.count))
            #expect(event.text("problem") == nil)
            let parts = ["queueSeconds", "decodeSeconds", "modelSeconds"].map { event.number($0) ?? .nan }
            let whole = try #require(event.number("seconds"))
            // Rounded to microseconds each.
            #expect(parts.allSatisfy { $0 > 0 } && parts.reduce(0, +) <= whole + 1e-5, "\(parts) of \(whole)")
        }
    }

    @Test("says that a request waited while others were computed")
    func queue() async throws {
        let (log, metric, png) = (RecordedLog(), GatedMetric(), try Images.png(1))
        try await RunningService.with(metrics: [metric], log: log) { service in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let clients = try (0..<2).map { number in
                let client = try service.client()
                client.send(
                    "POST", "/v1/compare", headers: [Form.header, "X-Request-ID: r\(number)"], body: form.body)
                // The second waits for as long as the first is not let on.
                if number == 0 { while metric.calls < 1 { usleep(1000) } }
                return client
            }
            try service.wait(for: "dreamsim_images_accepted", 4)
            try service.wait(for: "dreamsim_requests_in_flight", 3)
            usleep(300_000)
            metric.open()
            for client in clients { #expect(try client.answer().status == 200) }
            let (first, second) = (log.wait(forRequest: "r0"), log.wait(forRequest: "r1"))
            #expect((first.number("modelSeconds") ?? 0) >= 0.25)
            #expect((second.number("queueSeconds") ?? 0) >= 0.25)
        }
    }

    @Test("has an identifier of 16 digits for each request that brings none")
    func identifiers() async throws {
        try await RunningService.with { service in
            let client = try service.client()
            // One of sixteen would begin with a zero.
            let all = try (0..<200).map { _ in
                client.send("GET", "/healthz")
                return try client.answer().headers["x-request-id"] ?? ""
            }
            #expect(all.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) } && Set(all).count == 200)
        }
    }

    @Test("names the problem of a refusal, and never the query")
    func refusals() async throws {
        let log = RecordedLog()
        var settings = ServiceSettings()
        settings.token = "0123456789abcdef"
        let png = try Images.png(1)
        try await RunningService.with(settings, log: log) { service in
            func check(_ id: String, _ answer: RawClient.Answer, _ status: Int, _ kind: String) {
                let event = log.wait(forRequest: id)
                #expect(answer.status == status && event.number("status") == Double(status))
                #expect(event.text("problem") == kind)
            }
            let token = "Authorization: Bearer 0123456789abcdef"
            check("a", try service.get("/v1/metrics?token=secret", headers: ["X-Request-ID: a"]), 401, "unauthorized")
            check(
                "b", try service.get("/v1/metrics?token=secret", headers: ["X-Request-ID: b", token]), 400,
                "bad-parameter")
            check("c", try service.get("/nothing?secret", headers: ["X-Request-ID: c", token]), 404, "not-found")
            check(
                "d",
                try service.post(
                    "/v1/compare", Form([("reference", "a", [1, 2]), ("image", "b", png)]),
                    headers: ["X-Request-ID: d", token]), 415, "unsupported-media")
            let all = log.events.map { "\($0.message) \($0.fields)" }.joined()
            #expect(!all.contains("secret") && !all.contains("0123456789abcdef"), "\(all)")
            let nobody = log.wait(forRequest: "c")
            #expect(nobody.message == "GET /nothing 404" && nobody.text("route") == nil)
        }
    }

    @Test("says of a client that left that it did")
    func disconnect() async throws {
        let log = RecordedLog()
        try await RunningService.with(log: log) { service in
            var client: RawClient? = try service.client()
            client?.send(
                "POST", "/v1/compare", headers: [Form.header, "Content-Length: 1000", "X-Request-ID: gone"])
            client?.send("--")
            try service.wait(for: "dreamsim_held_bytes", 1000)
            client = nil
            let event = log.wait(forRequest: "gone")
            #expect(event.number("status") == 499 && event.text("problem") == "disconnected")
            #expect(event.number("bytesIn") == 2)
        }
    }

    @Test(
        "has an event for what is refused at the connection, under the identifier of its answer",
        arguments: [
            ("GET / HTTP/1.1\nBroken\n\n", 400, "bad-request", nil),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}", 400, "bad-request", "tls"),
            ("GET / HTTP/1.1\nHost: a\nHost: b\n\n", 400, "bad-request", nil),
            ("GET /healthz HTTP/1.1\nX: \(String(repeating: "a", count: 40_000))\n\n", 431, "headers-too-large", nil),
            ("GET /healthz HTTP/1.1\nHost: local", 408, "slow-request", nil),
            (
                "POST /v1/compare HTTP/1.1\nHost: localhost\n\(Form.header)\nTransfer-Encoding: chunked\n\nzz\n", 400,
                "bad-request", nil
            ),
        ])
    func connection(_ text: String, _ status: Int, _ kind: String, _ reason: String?) async throws {
        let log = RecordedLog()
        try await RunningService.with(.limited { if status == 408 { $0.headTime = .seconds(1) } }, log: log) {
            service in
            let client = try service.client()
            client.send(text)
            let answer = try client.answer()
            try HostileTests.check(service, answer, status, kind)
            let id = try #require(answer.headers["x-request-id"])
            #expect(try answer.json()["requestId"] as? String == id)
            let event = log.wait(forRequest: id)
            #expect(event.number("status") == Double(status) && event.text("problem") == kind)
            #expect(event.text("client") == "127.0.0.1" && event.text("reason") == reason)
            #expect(try service.statistic("dreamsim_refused_total{reason=\"\(reason ?? kind)\"}") == 1)
            #expect(client.isEnded())
            // Whoever worked for it has no second event, and counts nobody who left.
            try service.wait(for: "dreamsim_requests_in_flight", 1)
            #expect(log.events.filter { $0.text("requestId") == id }.count == 1)
            #expect(try service.statistic("dreamsim_disconnects_total") == 0)
        }
    }

    @Test("has an event for connections that are one too many, and that are silent")
    func connections() async throws {
        let log = RecordedLog()
        let settings = ServiceSettings.limited { ($0.connectionsPerPeer, $0.firstByteTime) = (2, .seconds(15)) }
        try await RunningService.with(settings, log: log) { service in
            let busy = try (0..<2).map { _ in try service.client() }
            for client in busy {
                client.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 1000"])
            }
            let elsewhere = try RawClient(service.port, from: "127.0.0.9")
            func metrics() throws -> String {
                elsewhere.send("GET", "/metrics")
                return try elsewhere.answer().text
            }
            while !(try metrics().contains("dreamsim_held_bytes 2000")) { usleep(5000) }
            let answer = try service.client().answer()
            let surplus = log.wait(forRequest: try #require(answer.headers["x-request-id"]))
            #expect(surplus.number("status") == 503 && surplus.text("problem") == "overload")
            #expect(surplus.text("reason") == "connections")
            let mute = try RawClient(service.port, from: "127.0.0.10")
            #expect(mute.isEnded())
            let silent = log.wait { $0.text("reason") == "silent" }
            #expect(silent.text("client") == "127.0.0.10" && silent.text("requestId")?.isEmpty == false)
            #expect(try metrics().contains("dreamsim_refused_total{reason=\"silent\"} 1"))
            withExtendedLifetime(busy) {}
        }
    }
}

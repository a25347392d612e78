import DreamSim
import DreamSimService
import Foundation
import TestSupport
import Testing

/// What clients that are broken, slow or ill-meaning get, byte by byte.
@Suite("A service under attack", .timeLimit(.minutes(5)))
struct HostileTests {
    /// Checks an answer, and that the service is alive afterwards.
    static func check(
        _ service: RunningService, _ answer: RawClient.Answer, _ status: Int, _ kind: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.headers["content-type"] == "application/problem+json", sourceLocation: sourceLocation)
        let problem = try answer.json()
        #expect(problem["type"] as? String == "urn:dreamsim:problem:\(kind)", sourceLocation: sourceLocation)
        #expect(problem["status"] as? Int == status, sourceLocation: sourceLocation)
        #expect((problem["detail"] as? String)?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(try service.get("/healthz").status == 200, sourceLocation: sourceLocation)
    }

    @Test("answers 413 to a body that is announced as too large, before it comes")
    func announcedBody() async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send("POST", "/v1/embed", headers: ["Content-Type: image/png", "Content-Length: 99999999999"])
            try Self.check(service, client.answer(), 413, "too-large")
            #expect(client.isEnded())
        }
    }

    @Test("answers 413 to a body in chunks that grows too large")
    func growingBody() async throws {
        var settings = ServiceSettings()
        settings.limits.bodyBytes = 100_000
        try await RunningService.with(settings) { service in
            let client = try service.client()
            client.send(
                "POST /v1/compare HTTP/1.1\nHost: localhost\n\(Form.header)\nTransfer-Encoding: chunked\n\n")
            let chunk = [UInt8](repeating: 65, count: 0x4000)
            for _ in 0..<16 where client.send(Array("4000\r\n".utf8) + chunk + [13, 10]) {}
            try Self.check(service, client.answer(), 413, "too-large")
        }
    }

    @Test("answers 408 to a head that comes too slowly")
    func slowHead() async throws {
        var settings = ServiceSettings()
        settings.limits.headTime = .seconds(1)
        try await RunningService.with(settings) { service in
            let client = try service.client()
            client.send("GET /healthz HTTP/1.1\nHost: localhost\nX-Slow:")
            try Self.check(service, client.answer(), 408, "slow-request")
            #expect(client.isEnded())
        }
    }

    @Test("answers 408 to a body that comes too slowly")
    func slowBody() async throws {
        var settings = ServiceSettings()
        settings.limits.bodyTime = .seconds(1)
        try await RunningService.with(settings) { service in
            let client = try service.client()
            client.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 1000"])
            client.send("--")
            try Self.check(service, client.answer(), 408, "slow-request")
        }
    }

    @Test(
        "answers 400 to what is no HTTP",
        arguments: [
            "POST /v1/compare HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\nzz\n",
            "GET / HTTP/1.1\nHost: localhost\nBroken header\n\n", "\u{1}\u{2}\u{3}\n\n", "GET / HTTP/9.9\nHost: a\n\n",
            "GET /healthz HTTP/1.1\nHost: localhost\nContent-Length: 1\nContent-Length: 2\n\n",
        ])
    func badRequests(_ text: String) async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send(text)
            try Self.check(service, client.answer(), 400, "bad-request")
        }
    }

    @Test("answers 400 to a request without a host")
    func noHost() async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send("GET /healthz HTTP/1.1\n\n")
            try Self.check(service, client.answer(), 400, "bad-request")
        }
    }

    @Test("answers 431 to a header field that is too long, and to too many")
    func longHeaders() async throws {
        try await RunningService.with { service in
            for fields in [
                "X-Long: \(String(repeating: "a", count: 40_000))\n",
                (0..<200).map { "X-\($0): a\n" }.joined(),
            ] {
                let client = try service.client()
                client.send("GET /healthz HTTP/1.1\nHost: localhost\n\(fields)\n")
                try Self.check(service, client.answer(), 431, "headers-too-large")
            }
        }
    }

    @Test(
        "answers 421 to a foreign host",
        arguments: ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost:80:80", "[::1", "8.8.8.8"])
    func foreignHost(_ host: String) async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send("GET", "/healthz", host: host)
            try Self.check(service, client.answer(), 421, "foreign-host")
        }
    }

    @Test(
        "answers 403 to pages of other sites",
        arguments: [
            "Origin: http://evil.example", "Origin: null", "Origin: http://127.0.0.1:1", "Sec-Fetch-Site: cross-site",
        ])
    func foreignOrigin(_ field: String) async throws {
        try await RunningService.with { service in
            try Self.check(service, service.get("/healthz", headers: [field]), 403, "foreign-origin")
            let own = ["Origin: http://127.0.0.1", "Sec-Fetch-Site: same-origin"]
            #expect(try service.get("/healthz", headers: own).status == 200)
        }
    }

    @Test(
        "answers 404 to paths that lead elsewhere",
        arguments: [
            "/%2e%2e/etc/passwd", "/../etc/passwd", "/v1/evaluations/%2e%2e%2fpasswd", "/v1/index/thumbnails/../1",
            "/v1/", "//", "/v1/compare/", "/%00", "/v1/index/thumbnails/1%00",
        ])
    func paths(_ path: String) async throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var settings = ServiceSettings()
        settings.reports = folder
        try await RunningService.with(settings) { service in
            try Self.check(service, service.get(path), 404, "not-found")
        }
    }

    @Test("answers 400 to a multipart body that does not end")
    func unfinishedMultipart() async throws {
        let png = try Pictures.png(1)
        try await RunningService.with { service in
            let parts = [("reference", "a.png", png), ("image", "b.png", png)]
            let form = Form(parts, isClosed: false)
            try Self.check(service, service.post("/v1/compare", form), 400, "unfinished-body")
            // One that ends before its announced length.
            let client = try service.client()
            client.send(
                "POST", "/v1/compare", headers: [Form.header, "Content-Length: \(form.body.count + 100)"])
            client.send(form.body)
            client.finishSending()
            try Self.check(service, client.answer(), 400, "unfinished-body")
        }
    }

    @Test("answers 415 to a compressed body and to formats that it does not take")
    func mediaTypes() async throws {
        try await RunningService.with { service in
            for fields in [
                [Form.header, "Content-Encoding: gzip"], ["Content-Type: text/html"], ["Content-Type: image/png"],
                ["Content-Type: application/json"], [],
            ] {
                let client = try service.client()
                client.send("POST", "/v1/compare", headers: fields, body: [1, 2, 3])
                try Self.check(service, client.answer(), 415, "unsupported-media")
            }
        }
    }

    @Test("answers 405 and says which methods there are")
    func methods() async throws {
        try await RunningService.with { service in
            for method in ["GET", "DELETE", "OPTIONS"] {
                let client = try service.client()
                client.send(method, "/v1/compare")
                let answer = try client.answer()
                try Self.check(service, answer, 405, "method-not-allowed")
                #expect(answer.headers["allow"] == "POST")
                #expect(answer.headers["access-control-allow-origin"] == nil)
            }
        }
    }

    @Test("answers 503 with Retry-After when it has too much to do, and goes on afterwards")
    func overload() async throws {
        let metric = GatedMetric()
        let png = try Pictures.png(1)
        var settings = ServiceSettings()
        settings.limits.acceptedImages = 3
        settings.limits.images = 3
        try await RunningService.with(settings, metrics: [metric]) { service in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            try service.wait(for: "dreamsim_images_accepted", 2)
            let refused = try service.post("/v1/compare", form)
            try Self.check(service, refused, 503, "overload")
            #expect(Int(refused.headers["retry-after"] ?? "").map { (1...60).contains($0) } == true)
            metric.open()
            #expect(try first.answer().status == 200)
            #expect(try service.post("/v1/compare", form).status == 200)
        }
    }

    @Test("drops what waits for a client that has gone")
    func disconnect() async throws {
        let metric = GatedMetric()
        let png = try Pictures.png(1)
        try await RunningService.with(metrics: [metric]) { service in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            while metric.calls < 1 { usleep(1000) }
            var second: RawClient? = try service.client()
            second?.send("POST", "/v1/compare", headers: [Form.header], body: form.body)
            try service.wait(for: "dreamsim_images_accepted", 4)
            second = nil
            try service.wait(for: "dreamsim_images_accepted", 2)
            try service.wait(for: "dreamsim_disconnects_total", 1)
            metric.open()
            #expect(try first.answer().status == 200)
            #expect(metric.calls == 1)
        }
    }

    @Test("answers 503 when an answer takes too long")
    func deadline() async throws {
        let metric = GatedMetric()
        let png = try Pictures.png(1)
        var settings = ServiceSettings()
        settings.limits.answerTime = .seconds(1)
        try await RunningService.with(settings, metrics: [metric]) { service in
            defer { metric.open() }
            let answer = try service.post("/v1/compare", Form([("reference", "a", png), ("image", "b", png)]))
            try Self.check(service, answer, 503, "deadline")
            #expect(answer.headers["retry-after"] != nil)
        }
    }

    @Test("refuses pictures of more pixels than it decodes")
    func pixels() async throws {
        let png = try Pictures.png(1, width: 100, height: 100)
        var settings = ServiceSettings()
        settings.limits.pixels = 9999
        try await RunningService.with(settings) { service in
            let answer = try service.post("/v1/compare", Form([("reference", "a.png", png), ("image", "b.png", png)]))
            try Self.check(service, answer, 413, "too-large")
        }
    }

    @Test("bounds the memory that bodies take together")
    func memory() async throws {
        var settings = ServiceSettings()
        settings.limits.heldBytes = 100_000
        try await RunningService.with(settings) { service in
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 60000"])
            try service.wait(for: "dreamsim_held_bytes", 60_000)
            let second = try service.client()
            second.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 60000"])
            try Self.check(service, second.answer(), 503, "overload")
        }
    }

    @Test("lets a request be answered before one that follows it on the connection is found broken")
    func pipelined() async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send("GET /healthz HTTP/1.1\nHost: localhost\n\nGET / HTTP/1.1\nBroken\n\n")
            #expect(try client.answer().status == 200)
            try Self.check(service, client.answer(), 400, "bad-request")
            #expect(client.isEnded())
        }
    }

    @Test("lets a request be answered before the body of one that follows it is found broken")
    func pipelinedBody() async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send(
                "GET /healthz HTTP/1.1\nHost: localhost\n\nPOST /v1/compare HTTP/1.1\nHost: localhost\n"
                    + "\(Form.header)\nTransfer-Encoding: chunked\n\nzz\n")
            #expect(try client.answer().status == 200)
            try Self.check(service, client.answer(), 400, "bad-request")
            #expect(client.isEnded())
        }
    }

    @Test("closes the connection of a client that speaks HTTP/1.0")
    func oldVersion() async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send("GET /healthz HTTP/1.0\nHost: localhost\n\n")
            let answer = try client.answer()
            #expect(answer.status == 200 && answer.headers["connection"] == "close")
            #expect(client.isEnded())
        }
    }

    @Test("lets go of an answer that its client does not take")
    func unreadAnswer() async throws {
        let pngs = try (UInt64(1)...2).map { seed in
            var generator = SplitMix64(state: seed)
            let noise = (0..<(2000 * 2000 * 3)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            return try Image(width: 2000, height: 2000, pixels: noise).pngData()
        }
        var settings = ServiceSettings()
        settings.limits.sendTime = .milliseconds(500)
        try await RunningService.with(settings) { service in
            let client = try RawClient(service.port, receiveBuffer: 4096)
            let form = Form([("reference", "a.png", pngs[0]), ("image", "b.png", pngs[1])])
            // The map of noise is larger than what the system takes in for the client.
            client.send("POST", "/v1/heatmap?metric=mse&opacity=0.5", headers: [Form.header], body: form.body)
            try service.waitUntil("dreamsim_held_bytes") { $0 > 0 }
            // Its connection ends, and what was held for it with it; the one that is left asks.
            try service.wait(for: "dreamsim_held_bytes", 0)
            try service.wait(for: "dreamsim_connections", 1)
            #expect(try service.statistic("dreamsim_uptime_seconds") < 70)
            #expect(try service.get("/healthz").status == 200)
            withExtendedLifetime(client) {}
        }
    }
}

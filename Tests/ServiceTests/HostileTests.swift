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

    /// Lets a client send something, and checks that the answer is a problem.
    /// - Parameter isLast: whether the connection is closed after it.
    static func refuse(
        on settings: ServiceSettings = ServiceSettings(), _ status: Int, _ kind: String, isLast: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation, _ send: @escaping @Sendable (RawClient) throws -> Void
    ) async throws {
        try await RunningService.with(settings) { service in
            let client = try service.client()
            try send(client)
            try check(service, client.answer(), status, kind, sourceLocation: sourceLocation)
            if isLast { #expect(client.isEnded(), "a second answer", sourceLocation: sourceLocation) }
        }
    }

    @Test("answers 413 to a body that is announced as too large, before it comes")
    func announcedBody() async throws {
        try await Self.refuse(413, "too-large", isLast: true) {
            $0.send("POST", "/v1/embed", headers: ["Content-Type: image/png", "Content-Length: 99999999999"])
        }
    }

    @Test("answers 413 to a body in chunks that grows too large")
    func growingBody() async throws {
        try await Self.refuse(on: .limited { $0.bodyBytes = 100_000 }, 413, "too-large") { client in
            client.send(
                "POST /v1/compare HTTP/1.1\nHost: localhost\n\(Form.header)\nTransfer-Encoding: chunked\n\n")
            let chunk = [UInt8](repeating: 65, count: 0x4000)
            for _ in 0..<16 where client.send(Array("4000\r\n".utf8) + chunk + [13, 10]) {}
        }
    }

    @Test("answers 408 to a head that comes too slowly")
    func slowHead() async throws {
        try await Self.refuse(on: .limited { $0.headTime = .seconds(1) }, 408, "slow-request", isLast: true) {
            $0.send("GET /healthz HTTP/1.1\nHost: localhost\nX-Slow:")
        }
    }

    @Test("answers 408 to a body that comes too slowly")
    func slowBody() async throws {
        try await Self.refuse(on: .limited { $0.bodyTime = .seconds(1) }, 408, "slow-request") {
            $0.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: 1000"])
            $0.send("--")
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
        try await Self.refuse(400, "bad-request") { $0.send(text) }
    }

    @Test("answers 400 to a request without a host")
    func noHost() async throws {
        try await Self.refuse(400, "bad-request") { $0.send("GET /healthz HTTP/1.1\n\n") }
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
        try await Self.refuse(421, "foreign-host") { $0.send("GET", "/healthz", host: host) }
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
        let png = try Images.png(1)
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
                ["Content-Type: application/jsonx"], [],
            ] {
                let client = try service.client()
                client.send("POST", "/v1/compare", headers: fields, body: [1, 2, 3])
                try Self.check(service, client.answer(), 415, "unsupported-media")
            }
        }
    }

    @Test("takes no body that is compressed for the transfer")
    func compressedTransfer() async throws {
        try await RunningService.with { service in
            let client = try service.client()
            client.send(
                "POST /v1/embed HTTP/1.1\nHost: localhost\nContent-Type: image/png\nTransfer-Encoding: gzip, chunked\n\n"
                    + "3\nabc\n0\n\n")
            let answer = try client.answer()
            #expect((400..<500).contains(answer.status), "\(answer.status) \(answer.text)")
            #expect(try service.get("/healthz").status == 200)
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

    @Test(
        "lets a request be answered before one that follows it, or its body, is found broken",
        arguments: [
            "GET / HTTP/1.1\nBroken\n\n",
            "POST /v1/compare HTTP/1.1\nHost: localhost\n\(Form.header)\nTransfer-Encoding: chunked\n\nzz\n",
        ])
    func pipelined(_ broken: String) async throws {
        try await Self.refuse(400, "bad-request", isLast: true) { client in
            client.send("GET /healthz HTTP/1.1\nHost: localhost\n\n\(broken)")
            let first = try client.answer()
            #expect(first.status == 200)
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
}

extension ServiceSettings {
    /// The settings of a service with other limits.
    static func limited(_ change: (inout ServiceLimits) -> Void) -> ServiceSettings {
        var settings = ServiceSettings()
        change(&settings.limits)
        return settings
    }
}

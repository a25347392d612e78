import DreamSimService
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// Tokens of several people, and what they may ask for.
@Suite("A service with tokens", .timeLimit(.minutes(5)))
struct TokenTests {
    private static let (anna, bert) = ("anna-0123456789abcdef", "bert-0123456789abcdef")

    private static func bearer(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }

    @Test("takes any of its tokens, says whose in the log, and never the token")
    func names() async throws {
        var settings = ServiceSettings()
        settings.tokens = [AccessToken(Self.anna, name: "anna"), AccessToken(Self.bert, name: "bert")]
        settings.token = "0123456789abcdef"
        try await RunningService.with(settings) { (service) throws in
            for token in [Self.anna, Self.bert, "0123456789abcdef"] {
                #expect(try service.get("/v1/metrics", headers: Self.bearer(token)).status == 200)
            }
            for token in ["anna", Self.anna + "0", String(Self.anna.dropLast()), "", Self.anna + " " + Self.bert] {
                #expect(try service.get("/v1/metrics", headers: Self.bearer(token)).status == 401, "\(token)")
            }
            #expect(service.log.lines(with: "token=anna").count == 1)
            #expect(service.log.lines(with: "token=bert").count == 1)
            #expect(service.log.lines(with: "0123456789abcdef").isEmpty)
        }
    }

    @Test("answers as many requests of a token at a time as it may have, and others' meanwhile")
    func inFlight() async throws {
        let metric = GatedMetric()
        let png = try Images.png(1)
        var settings = ServiceSettings()
        settings.tokens = [
            AccessToken(Self.anna, name: "anna", requestsInFlight: 1), AccessToken(Self.bert, name: "bert"),
        ]
        try await RunningService.with(settings, metrics: [metric]) { (service) throws in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header] + Self.bearer(Self.anna), body: form.body)
            while metric.calls < 1 { usleep(1000) }
            let refused = try service.post("/v1/compare", form, headers: Self.bearer(Self.anna))
            try HostileTests.check(service, refused, 429, "too-many-requests")
            #expect((try refused.json()["detail"] as? String)?.contains("anna") == true)
            // What needs no token is not counted.
            #expect(try service.get("/healthz", headers: Self.bearer(Self.anna)).status == 200)
            #expect(try service.get("/v1/metrics", headers: Self.bearer(Self.bert)).status == 200)
            metric.open()
            #expect(try first.answer().status == 200)
            #expect(try service.get("/v1/metrics", headers: Self.bearer(Self.anna)).status == 200)
        }
    }

    @Test("answers no more requests of a token in a minute than it may have")
    func perMinute() async throws {
        var settings = ServiceSettings()
        settings.tokens = [
            AccessToken(Self.anna, name: "anna", requestsPerMinute: 3), AccessToken(Self.bert, name: "bert"),
        ]
        try await RunningService.with(settings) { (service) throws in
            // A machine that is so slow that a request takes 20 s gives the next one.
            let answers = try (0..<6).map { _ in try service.get("/v1/service", headers: Self.bearer(Self.anna)) }
            #expect(answers.prefix(3).allSatisfy { $0.status == 200 })
            let refused = try #require(answers.first { $0.status == 429 })
            #expect(Int(refused.headers["retry-after"] ?? "").map { (1...20).contains($0) } == true)
            #expect(try service.get("/v1/service", headers: Self.bearer(Self.bert)).status == 200)
        }
    }

    @Test("lets nobody send a body who brings no token, and says what is wrong at once")
    func expectation() async throws {
        var settings = ServiceSettings()
        settings.token = Self.anna
        let form = Form([("reference", "a.png", try Images.png(1)), ("image", "b.png", try Images.png(2))])
        try await RunningService.with(settings) { (service) throws in
            let length = "Content-Length: \(form.body.count)"
            let fields = [Form.header, "Expect: 100-continue", length]
            for (more, host, status) in [
                ([String](), "localhost", 401), (Self.bearer(Self.bert), "localhost", 401),
                (Self.bearer(Self.anna), "evil.example", 421),
            ] {
                let client = try service.client()
                client.send("POST", "/v1/compare", headers: fields + more, host: host)
                #expect(try client.answer().status == status && client.continues == 0)
            }
            let client = try service.client()
            client.send("POST", "/v1/compare", headers: fields + Self.bearer(Self.anna))
            client.send(form.body)
            #expect(try client.answer().status == 200 && client.continues == 1)
        }
    }

    // MARK: Files

    /// What is read of a file.
    private static func read(_ text: String) throws -> [AccessToken] {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "tokens")
        try Data(text.utf8).write(to: file)
        return try AccessToken.read(from: file)
    }

    @Test("reads one token, and lines of names, tokens and limits")
    func files() throws {
        #expect(try Self.read("0123456789abcdef\n") == [AccessToken("0123456789abcdef")])
        let text = "# who may ask\n\nanna \(Self.anna) in-flight=4 per-minute=600\r\n\tbert\t\(Self.bert)  \n"
        #expect(
            try Self.read(text) == [
                AccessToken(Self.anna, name: "anna", requestsInFlight: 4, requestsPerMinute: 600),
                AccessToken(Self.bert, name: "bert"),
            ])
    }

    @Test(
        "refuses lines that have no meaning, names the line, and quotes no token",
        arguments: [
            "", "# nothing\n", "anna \(anna)\n\(bert)\n", "anna \(anna) in-flight=0", "anna \(anna) per-minute=many",
            "anna \(anna) pixels=5", "anna \(anna) per-minute", "anna \(anna) \(bert)",
            "anna \(anna) in-flight=4 in-flight=5", "anna \(anna) per-minute=4 in-flight=5 per-minute=4",
            "anna \(anna)\n\nanna \(bert)\n", "anna \(anna)\nbert \(anna)\n",
            // Words that have changed places.
            "\(anna) anna", "anna \(anna)\n\(bert) bert\n",
        ])
    func badFiles(_ text: String) throws {
        let error = #expect(throws: DreamSimError.self) { try Self.read(text) }
        let message = "\(try #require(error))"
        #expect(message.contains("tokens") && !message.contains("0123456789"), "\(message)")
    }

    @Test("names both lines of a file in which a name or a token is given twice")
    func twice() throws {
        for text in ["anna \(Self.anna)\n\nanna \(Self.bert)\n", "anna \(Self.anna)\n\nbert \(Self.anna)\n"] {
            let error = #expect(throws: DreamSimError.self) { try Self.read(text) }
            let message = "\(try #require(error))"
            #expect(message.contains("tokens:3") && message.contains("of line 1 again"), "\(message)")
        }
        let error = #expect(throws: DreamSimError.self) { try Self.read("anna \(Self.anna) in-flight=4 in-flight=5\n") }
        #expect("\(try #require(error))".contains("gives 'in-flight' twice; leave one out"))
    }

    @Test("refuses tokens that are short, the same, or of the same name")
    func badTokens() {
        for tokens in [
            [AccessToken("short", name: "anna")], [AccessToken(Self.anna, name: "an na")],
            [AccessToken("0123456789 bcdefg")],
            [AccessToken(Self.anna, name: "anna"), AccessToken(Self.anna, name: "bert")],
            [AccessToken(Self.anna, name: "anna"), AccessToken(Self.bert, name: "anna")],
            [AccessToken(Self.anna), AccessToken(Self.bert)],
        ] {
            var settings = ServiceSettings()
            settings.tokens = tokens
            #expect(throws: DreamSimError.self) { try settings.check() }
        }
    }
}

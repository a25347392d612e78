import DreamSimService
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// Under which names, for whose pages and in which folder a service answers.
@Suite("A service and its names", .timeLimit(.minutes(5)))
struct HostTests {
    private static let token = "0123456789abcdef"

    @Test("answers on all addresses to this machine's names, to addresses and to allowed names, and to no other")
    func everywhere() async throws {
        var settings = ServiceSettings()
        (settings.host, settings.token) = ("0.0.0.0", Self.token)
        settings.hostNames = ["Images.example.org", "[fd00::1]", "other.example:8443"]
        try await RunningService.with(settings) { (service) throws in
            let port = service.port
            for host in [
                "localhost", "localhost:\(port)", "127.0.0.1:\(port)", "[::1]:\(port)", "LOCALHOST:1", "192.0.2.7:80",
                "[2001:db8::1]", "images.example.org", "images.example.org:8443", "[fd00::1]:80", "other.example",
            ] {
                #expect(try service.get("/healthz", host: host).status == 200, "\(host)")
            }
            #expect(try service.get("/healthz", host: "localhost:65535").status == 200)
            for host in [
                "evil.example", "localhost.evil.example:\(port)", "0.0.0.0.evil.example", "example.org",
                "localhost:65536", "127.0.0.1:99999", "[::1]:99999", "localhost:100000000000000000000",
            ] {
                let answer = try service.get("/healthz", host: host)
                try HostileTests.check(service, answer, 421, "foreign-host")
                #expect((try answer.json()["advice"] as? String)?.contains("allow-host") == true)
                // Names of a network are nobody's business.
                #expect(!answer.text.contains("images.example.org") && !answer.text.contains("fd00"))
            }
        }
    }

    @Test("refuses to start with names, proxies, folders and origins that are none")
    func badSettings() {
        func refuses(_ change: (inout ServiceSettings) -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
            var settings = ServiceSettings()
            change(&settings)
            #expect(throws: DreamSimError.self, sourceLocation: sourceLocation) { try settings.check() }
        }
        for name in [
            "", "a:b", "[::1", "a:1:2", "*", "*.example.org", "a.example,b.example", "a.example b.example", "a..b",
            "http://a.example", "a.example/b", "\u{e4}.example", "a.example:65536",
        ] { refuses { $0.hostNames = [name] } }
        for host in ["no such host", "[::1]", "127.0.0.300", "*", "0.0.0.0:80", "1.2.3", ""] {
            var settings = ServiceSettings()
            settings.host = host
            let error = #expect(throws: DreamSimError.self) { try settings.check() }
            #expect(error.map { "\($0)".contains("neither an address nor a name") } == true, "\(host): \(error as Any)")
        }
        for proxy in [
            "", "proxy", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "::/129", "1.2.3", "1.2.3.4/-1", "fe80::1%lo",
        ] {
            refuses { $0.trustedProxies = [proxy] }
        }
        for path in ["tools", "/a b", "/a/../b", "/.", "/a?b", "/%41", "/\u{e4}"] { refuses { $0.basePath = path } }
        for origin in [
            "images.example.org", "null", "https://a.example/", "ftp://a.example", "https://", "https://a b",
            "https://a.example,b.example", "https://*.example.org", "https://*", "https://a.example:65536",
        ] {
            refuses { $0.allowedOrigins = [origin] }
        }
        refuses {
            $0.allowedOrigins = ["*"]
            $0.token = Self.token
        }
        var settings = ServiceSettings()
        settings.hostNames = ["images.example.org", "fd00::1", "[fd00::2]:80", "my_host", "localhost.", "192.0.2.7"]
        settings.trustedProxies = ["10.0.0.0/8", "::1", "2001:db8::/32", "0.0.0.0/0", "192.0.2.128/25"]
        (settings.basePath, settings.allowedOrigins) = ("/tools/dreamsim/", ["https://a.example:8443", "http://[::1]"])
        #expect(throws: Never.self) { try settings.check() }
    }

    // MARK: A folder of a site

    @Test("is found in its folder, whether or not a proxy takes the folder away")
    func basePath() async throws {
        var settings = ServiceSettings()
        settings.basePath = "/tools/dreamsim"
        let form = Form([("reference", "a.png", try Images.png(1)), ("image", "b.png", try Images.png(2))])
        try await RunningService.with(settings) { (service) throws in
            for base in ["", "/tools/dreamsim"] {
                for path in ["/", "/healthz", "/page/main.js", "/v1/metrics", "/v1/openapi.json"] {
                    #expect(try service.get(base + path).status == 200, "\(base)\(path)")
                }
                #expect(try service.post(base + "/v1/compare?metric=mse", form).status == 200)
                #expect(try service.get(base + "/v1/nothing").status == 404)
                #expect(try service.get(base + "/v1/compare").headers["allow"] == "POST")
            }
            for path in ["/tools", "/tools/dreamsimx/v1/metrics", "/tools/dreamsim/tools/dreamsim/healthz"] {
                #expect(try service.get(path).status == 404, "\(path)")
            }
            // As proxies are asked.
            #expect(try service.get("http://localhost/tools/dreamsim/healthz").status == 200)
            let servers = try service.get("/tools/dreamsim/v1/openapi.json").json()["servers"] as? [[String: String]]
            #expect(servers == [["url": "/tools/dreamsim"]])
            // Counted by the routes, of which there are as many as before.
            #expect(try service.get("/metrics").text.contains("route=\"/v1/metrics\""))
            #expect(try !service.get("/metrics").text.contains("/tools"))
        }
    }

    @Test("leads from its folder without a slash to the page")
    func redirection() async throws {
        var settings = ServiceSettings()
        settings.basePath = "/tools/dreamsim"
        try await RunningService.with(settings) { (service) throws in
            for (path, target) in [
                ("/tools/dreamsim", "/tools/dreamsim/"), ("/tools/dreamsim?a=b", "/tools/dreamsim/?a=b"),
            ] {
                let answer = try service.get(path)
                #expect(answer.status == 308 && answer.headers["location"] == target)
            }
            #expect(try service.get("/tools/dreamsim", host: "evil.example").status == 421)
        }
        try await RunningService.with { (service) throws in
            let servers = try service.get("/v1/openapi.json").json()["servers"] as? [[String: String]]
            #expect(servers == [["url": "/"]])
        }
    }

    // MARK: Pages of other sites

    @Test("lets pages of allowed origins ask, and says so to browsers")
    func origins() async throws {
        var settings = ServiceSettings()
        settings.allowedOrigins = ["https://Images.example.org", "http://localhost:3000"]
        settings.token = Self.token
        try await RunningService.with(settings) { (service) throws in
            let bearer = "Authorization: Bearer \(Self.token)"
            for origin in ["https://images.example.org", "http://localhost:3000", "https://images.example.org:443"] {
                let fields = ["Origin: \(origin)", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"]
                let answer = try service.get("/v1/metrics", headers: fields + [bearer])
                #expect(answer.status == 200 && answer.headers["access-control-allow-origin"] == origin)
                #expect(answer.headers["vary"]?.contains("Origin") == true)
                // A page has to be able to read what is wrong.
                let refused = try service.get("/v1/metrics", headers: fields)
                #expect(refused.status == 401 && refused.headers["access-control-allow-origin"] == origin)
                let client = try service.client()
                client.send(
                    "OPTIONS", "/v1/compare",
                    headers: fields + [
                        "Access-Control-Request-Method: POST",
                        "Access-Control-Request-Headers: authorization,content-type",
                        "Access-Control-Request-Private-Network: true",
                    ])
                let preflight = try client.answer()
                #expect(preflight.status == 204 && preflight.headers["access-control-allow-methods"] == "POST")
                #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
                #expect(preflight.headers["access-control-allow-private-network"] == "true")
            }
            for origin in [
                "https://evil.example", "null", "http://images.example.org", "https://images.example.org.evil.example",
                "https://images.example.org:8443", "*", "https://images.example.org@evil.example", "",
            ] {
                let answer = try service.get("/v1/metrics", headers: ["Origin: \(origin)", bearer])
                #expect(answer.status == 403 && answer.headers["access-control-allow-origin"] == nil, "\(origin)")
                #expect(answer.headers["vary"]?.contains("Origin") == true)
                let client = try service.client()
                client.send(
                    "OPTIONS", "/v1/compare", headers: ["Origin: \(origin)", "Access-Control-Request-Method: POST"])
                #expect(try client.answer().status == 403, "\(origin)")
            }
            // Without an origin nothing is different, but for caches.
            let own = try service.get("/v1/metrics", headers: [bearer])
            #expect(own.status == 200 && own.headers["access-control-allow-origin"] == nil)
            #expect(own.headers["vary"] == "Origin")
        }
        var open = ServiceSettings()
        open.allowedOrigins = ["*"]
        try await RunningService.with(open) { (service) throws in
            // Pages of files have no origin of their own.
            for origin in ["https://any.example", "null"] {
                let answer = try service.get("/v1/metrics", headers: ["Origin: \(origin)"])
                #expect(answer.status == 200 && answer.headers["access-control-allow-origin"] == "*")
            }
            #expect(try service.get("/v1/metrics", host: "evil.example").status == 421)
        }
        try await RunningService.with { (service) throws in
            #expect(try service.get("/v1/metrics").headers["vary"] == nil)
            let client = try service.client()
            client.send("OPTIONS", "/v1/compare", headers: ["Access-Control-Request-Method: POST"])
            #expect(try client.answer().status == 405)
        }
    }
}

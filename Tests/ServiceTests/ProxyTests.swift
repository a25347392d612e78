import DreamSimService
import Foundation
import TestSupport
import Testing

/// Whom a service believes for whom a request comes.
@Suite("A service behind proxies", .timeLimit(.minutes(5)))
struct ProxyTests {
    private static let proxy = "127.0.0.2"

    /// A service that trusts two addresses of this machine and a range, and no other.
    private static func with<R: Sendable>(
        _ limits: ServiceLimits = ServiceLimits(), metrics: [any PerceptualMetric]? = nil,
        _ body: @escaping @Sendable (RunningService) throws -> R
    ) async throws -> R {
        var settings = ServiceSettings()
        settings.trustedProxies = [proxy, "10.0.0.0/8", "2001:db8::/32"]
        settings.hostNames = ["images.example.org"]
        settings.limits = limits
        return try await RunningService.with(settings, metrics: metrics, body)
    }

    /// For whom a request counts, as the log says.
    private static func client(
        _ service: RunningService, _ headers: [String], from source: String? = proxy
    ) throws -> String? {
        let id = "id-\(Int.random(in: 0 ..< .max))"
        _ = try service.get("/healthz", headers: headers + ["X-Request-ID: \(id)"], from: source)
        // The line is written after the answer is made, and before it is sent.
        return service.log.lines(with: "=\(id)").first?.firstMatch(of: #/client=(\S+)/#).map { String($0.1) }
    }

    @Test("takes a request for the client that a trusted proxy names, and for nobody whom a client invents")
    func clients() async throws {
        try await Self.with { (service) throws in
            for (fields, expected) in [
                (["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
                (["X-Forwarded-For: 198.51.100.1, 203.0.113.9"], "203.0.113.9"),
                (["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
                // Through a proxy that is trusted too.
                (["X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.2.3"], "203.0.113.9"),
                (["X-Forwarded-For: 10.9.9.9, 10.1.2.3"], "10.9.9.9"),
                (["X-Forwarded-For: 203.0.113.9:4711"], "203.0.113.9"),
                (["X-Forwarded-For: [2001:DB8:1::7]:4711"], "2001:db8:1::7"),
                (["X-Forwarded-For: ::ffff:203.0.113.9"], "203.0.113.9"),
                (["Forwarded: for=203.0.113.9;proto=https;by=10.0.0.1"], "203.0.113.9"),
                (["Forwarded: for=198.51.100.1, For=\"[2001:dead::1]:80\", for=10.1.2.3"], "2001:dead::1"),
                (["Forwarded: for=\"_gazonk\""], Self.proxy), (["Forwarded: for=unknown"], Self.proxy),
                (["Forwarded: proto=https"], Self.proxy), (["X-Forwarded-For: "], Self.proxy),
                (["X-Forwarded-For: 203.0.113.9, garbage"], Self.proxy),
                (["X-Forwarded-For: 203.0.113.9, <script>, 10.1.2.3"], "10.1.2.3"),
                (["X-Forwarded-For: 999.1.1.1"], Self.proxy), (["X-Forwarded-For: 1.2.3.4.5"], Self.proxy),
                (["X-Forwarded-For: ,,,;;;\"\"\\"], Self.proxy), (["Forwarded: \"\\\"\\"], Self.proxy),
                (["X-Forwarded-For: 127.0.0.1"], "127.0.0.1"), ([], Self.proxy),
                (["X-Forwarded-For: \(String(repeating: "1.1.1.1,", count: 1500))203.0.113.9"], "203.0.113.9"),
                (["X-Forwarded-For: \(String(repeating: "10.1.1.1,", count: 1500))10.2.2.2"], "10.1.1.1"),
            ] as [([String], String)] {
                #expect(try Self.client(service, fields) == expected, "\(fields.map { $0.prefix(80) })")
            }
        }
    }

    @Test("trusts a range to its last bit, and no address beside it")
    func ranges() async throws {
        var settings = ServiceSettings()
        settings.trustedProxies = ["127.0.0.128/25"]
        try await RunningService.with(settings) { (service) throws in
            let field = ["X-Forwarded-For: 203.0.113.9"]
            for (peer, expected) in [
                ("127.0.0.127", "127.0.0.127"), ("127.0.0.128", "203.0.113.9"), ("127.0.0.254", "203.0.113.9"),
                ("127.0.1.128", "127.0.1.128"), ("127.0.0.1", "127.0.0.1"),
            ] { #expect(try Self.client(service, field, from: peer) == expected) }
        }
    }

    @Test("does not look at what others say, whatever it is")
    func strangers() async throws {
        try await Self.with { (service) throws in
            for fields in [
                ["X-Forwarded-For: 203.0.113.9"], ["Forwarded: for=203.0.113.9"],
                ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=198.51.100.1"], ["X-Forwarded-For: garbage,\"\\"],
            ] {
                #expect(try Self.client(service, fields, from: nil) == "127.0.0.1")
            }
            for host in ["X-Forwarded-Host: images.example.org", "Forwarded: host=images.example.org"] {
                #expect(try service.get("/healthz", headers: [host], host: "evil.example").status == 421)
                let page = ["Origin: https://images.example.org", host]
                #expect(try service.get("/healthz", headers: page).status == 403)
                // And a forwarded host that is foreign keeps nobody out.
                #expect(try service.get("/healthz", headers: ["X-Forwarded-Host: evil.example"]).status == 200)
            }
            let document = try service.get("/v1/openapi.json", headers: ["X-Forwarded-Prefix: /evil"]).json()
            #expect(document["servers"] as? [[String: String]] == [["url": "/"]])
        }
    }

    @Test("answers under the name and to the page that a trusted proxy names, and to no other")
    func hosts() async throws {
        try await Self.with { (service) throws in
            func status(_ fields: [String], host: String = "127.0.0.1:8080") throws -> Int {
                try service.get("/healthz", headers: fields, host: host, from: Self.proxy).status
            }
            let page = "Origin: https://images.example.org"
            let named = ["X-Forwarded-Host: images.example.org", "X-Forwarded-Proto: https"]
            #expect(try status(named + [page]) == 200)
            #expect(try status(["X-Forwarded-Host: images.example.org:443", "X-Forwarded-Proto: https", page]) == 200)
            #expect(try status(["Forwarded: for=203.0.113.9;host=images.example.org;proto=https", page]) == 200)
            #expect(
                try status(["Forwarded: for=203.0.113.9;host=\"images.example.org:443\";proto=HTTPS", page]) == 200)
            // Nobody says how it was asked for.
            #expect(try status(["X-Forwarded-Host: images.example.org", page]) == 200)
            // Asked for in another way than the page was.
            #expect(try status(["X-Forwarded-Host: images.example.org", "X-Forwarded-Proto: http", page]) == 403)
            #expect(try status(["X-Forwarded-Host: images.example.org:8443", "X-Forwarded-Proto: https", page]) == 403)
            #expect(try status(named + ["Origin: https://evil.example"]) == 403)
            #expect(try status([page]) == 403, "the page is not of the host that the proxy asked for")
            #expect(try status(["X-Forwarded-Host: evil.example", "Origin: https://evil.example"]) == 421)
            // Of several the one that the nearest proxy saw.
            #expect(try status(["X-Forwarded-Host: evil.example, images.example.org", page]) == 200)
            #expect(try status(["X-Forwarded-Host: images.example.org, evil.example"]) == 421)
            for broken in ["a:b:c", "[::1", String(repeating: "a", count: 300)] {
                #expect(try status(["X-Forwarded-Host: \(broken)"]) == 200, "as if nothing were said")
            }
            #expect(try status(named + [page], host: "127.0.0.1") == 200)
        }
    }

    @Test("refuses what is said in two ways, because a client may have said one of them")
    func contradiction() async throws {
        try await Self.with { (service) throws in
            let both = ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9"]
            #expect(try service.get("/healthz", headers: both, from: Self.proxy).status == 200)
            for other in ["for=198.51.100.1", "for=203.0.113.9;host=images.example.org", "proto=https"] {
                let answer = try service.get(
                    "/healthz", headers: ["X-Forwarded-For: 203.0.113.9", "Forwarded: \(other)"], from: Self.proxy)
                try HostileTests.check(service, answer, 400, "bad-request")
            }
        }
    }

    @Test("survives fields of 64 kB and of many parts")
    func large() async throws {
        var limits = ServiceLimits()
        limits.headerBytes = 128 << 10
        try await Self.with(limits) { (service) throws in
            for text in [
                String(repeating: "a", count: 65_000), String(repeating: ",", count: 65_000),
                String(repeating: "\"", count: 65_001), String(repeating: "for=\"[::1]\";", count: 5000),
                String(repeating: "1.1.1.1, ", count: 7000), String(repeating: "\\\"", count: 30_000),
            ] {
                for name in [
                    "X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
                ] {
                    let answer = try service.get("/healthz", headers: ["\(name): \(text)"], from: Self.proxy)
                    #expect([200, 400, 421].contains(answer.status), "\(name) \(text.prefix(20)): \(answer.status)")
                }
            }
        }
        // The usual limit refuses them before anybody looks.
        try await Self.with { (service) throws in
            let long = "X-Forwarded-For: \(String(repeating: "a", count: 65_000))"
            #expect(try service.get("/healthz", headers: [long], from: Self.proxy).status == 431)
        }
    }

    @Test("is in the folder that a trusted proxy names")
    func prefix() async throws {
        try await Self.with { (service) throws in
            func servers(_ prefix: String) throws -> [[String: String]]? {
                let field = "X-Forwarded-Prefix: \(prefix)"
                return try service.get("/v1/openapi.json", headers: [field], from: Self.proxy).json()["servers"]
                    as? [[String: String]]
            }
            #expect(try servers("/tools/dreamsim") == [["url": "/tools/dreamsim"]])
            #expect(try servers("/tools/dreamsim/") == [["url": "/tools/dreamsim"]])
            for broken in ["tools", "//evil.example/x y", "/a/../b", "/\"", "javascript:alert(1)"] {
                #expect(try servers(broken) == [["url": "/"]], "\(broken)")
            }
            let field = ["X-Forwarded-Prefix: /tools/dreamsim"]
            #expect(try service.get("/tools/dreamsim/healthz", headers: field, from: Self.proxy).status == 200)
            #expect(
                try service.get("/tools/dreamsim", headers: field, from: Self.proxy).headers["location"]
                    == "/tools/dreamsim/")
            #expect(
                try service.get("/tools/dreamsim/healthz", headers: field).status == 404, "nobody is to be believed")
        }
    }

    @Test("gives each client its share, and the proxy as many connections as it wants")
    func shares() async throws {
        let metric = GatedMetric()
        let png = try Images.png(1)
        var limits = ServiceLimits()
        limits.connectionsPerPeer = 2
        try await Self.with(limits, metrics: [metric]) { (service) throws in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            func ask(_ address: String) throws -> RawClient {
                let client = try RawClient(service.port, from: Self.proxy)
                client.send(
                    "POST", "/v1/compare", headers: [Form.header, "X-Forwarded-For: \(address)"], body: form.body)
                return client
            }
            let first = try (0..<2).map { _ in try ask("203.0.113.1") }
            try service.wait(for: "dreamsim_images_accepted", 4)
            let refused = try ask("203.0.113.1").answer()
            try HostileTests.check(service, refused, 429, "too-many-requests")
            #expect(refused.headers["retry-after"] == "1")
            // The proxy's third connection and fourth, and what came first of the second client is not behind all of the first.
            let others = try (0..<2).map { _ in try ask("203.0.113.2") }
            try service.wait(for: "dreamsim_images_accepted", 8)
            metric.open()
            for client in first + others { #expect(try client.answer().status == 200) }
            #expect(try ask("203.0.113.1").answer().status == 200)
        }
    }
}

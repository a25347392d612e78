import DreamSimService
import Foundation
import TestSupport
import Testing

/// Requests whose beginning or end somebody else might see elsewhere.
@Suite("A service that is asked ambiguously", .timeLimit(.minutes(5)))
struct FramingTests {
    /// A request within another, which must never be answered.
    private static let hidden = "GET /healthz HTTP/1.1\nHost: localhost\n\n"

    @Test(
        "answers 400 where the length is told in two ways or in none that holds, and nothing of what follows",
        arguments: [
            "Content-Length: 6\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\nContent-Length: 6",
            "Transfer-Encoding: chunked\nTransfer-Encoding: identity", "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked", "Transfer-Encoding:\n chunked",
            "Content-Length: 0\nContent-Length: 5", "Content-Length: 5, 5", "Content-Length: +5", "Content-Length: -1",
            "Content-Length: 0x5", "Content-Length: 18446744073709551616", "Host: evil.example", "X-A: a\u{0}b",
        ])
    func smuggling(_ fields: String) async throws {
        try await HostileTests.refuse(400, "bad-request", isLast: true) {
            $0.send("POST /v1/compare HTTP/1.1\nHost: localhost\n\(Form.header)\n\(fields)\n\n0\n\n\(Self.hidden)")
        }
    }

    @Test(
        "answers 400 to chunks that are none",
        arguments: ["ffffffffffffffffff\n", "-1\n", "1\nabc\n0\n\n", "zz\n", "1;\u{1}\na\n", "\n\n"])
    func chunks(_ body: String) async throws {
        try await HostileTests.refuse(400, "bad-request", isLast: true) {
            $0.send("POST /v1/compare HTTP/1.1\nHost: localhost\n\(Form.header)\nTransfer-Encoding: chunked\n\n\(body)")
        }
    }

    @Test("answers 431 to more fields after the last chunk than before the first are allowed")
    func trailers() async throws {
        try await HostileTests.refuse(431, "headers-too-large") {
            $0.send(
                "POST /v1/compare HTTP/1.1\nHost: localhost\n\(Form.header)\nTransfer-Encoding: chunked\n\n0\n"
                    + (0..<5000).map { "X-\($0): a\n" }.joined() + "\n")
        }
    }

    @Test(
        "answers 400 to other protocols",
        arguments: [[0x16, 0x03, 0x01, 0x00, 0xA5, 0x01, 0x00], Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)])
    func protocols(_ bytes: [UInt8]) async throws {
        try await HostileTests.refuse(400, "bad-request") { $0.send(bytes) }
    }

    @Test("goes by a host in the target, as proxies are asked, and not by the field beside it")
    func absoluteTarget() async throws {
        try await RunningService.with { service in
            let foreign = try service.client()
            foreign.send("GET http://evil.example/healthz HTTP/1.1\nHost: localhost\n\n")
            try HostileTests.check(service, foreign.answer(), 421, "foreign-host")
            let own = try service.client()
            own.send("GET http://localhost/healthz HTTP/1.1\nHost: evil.example\n\n")
            #expect(try own.answer().status == 200)
        }
    }

    @Test("answers requests that come at once in their order, with bodies and without")
    func pipelining() async throws {
        let png = try Images.png(1)
        let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
        try await RunningService.with { service in
            let client = try service.client()
            let count = 30
            var bytes: [UInt8] = []
            for number in 0..<count {
                let hasBody = number % 3 == 1
                let head =
                    (hasBody ? "POST /v1/compare" : number % 3 == 0 ? "GET /healthz" : "GET /nothing") + " HTTP/1.1\r\n"
                    + "Host: localhost\r\nX-Request-ID: r\(number)\r\n"
                    + (hasBody ? "\(Form.header)\r\nContent-Length: \(form.body.count)\r\n" : "") + "\r\n"
                bytes += Array(head.utf8) + (hasBody ? form.body : [])
            }
            client.send(bytes)
            for number in 0..<count {
                let answer = try client.answer()
                #expect(answer.headers["x-request-id"] == "r\(number)")
                #expect(answer.status == (number % 3 == 2 ? 404 : 200))
            }
        }
    }

    @Test(
        "answers 431 to a head of ten megabytes without taking it in",
        arguments: ["GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ", "GET /healthz HTTP/1.1\r\nX", "GET /"])
    func endlessHead(_ start: String) async throws {
        try await HostileTests.refuse(431, "headers-too-large") { client in
            client.send(Array(start.utf8))
            let part = [UInt8](repeating: 97, count: 100_000)
            var sent = 0
            while sent < 100, client.send(part) { sent += 1 }
        }
    }
}

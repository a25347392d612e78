import Foundation
import TestSupport
import Testing

/// The log as the built command writes it.
@Suite("The log of the command 'serve'", .timeLimit(.minutes(5)))
struct LogFormatTests {
    /// Runs the command as a service, and returns the lines that it wrote until it was stopped.
    private static func lines(
        _ options: [String], _ body: @escaping @Sendable (RunningService) throws -> Void
    ) async throws -> [String] {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        return try await onThread {
            let built = try BuiltService(["--metric", "mse", "--port", "0"] + options, home: home)
            try body(built.service)
            _ = built.stop()
            return built.log.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        }
    }

    /// Paths and methods with what would end a line, move a cursor, close a text or turn its direction.
    private static let hostile: [[UInt8]] = [
        Array("GET /%0a%22,%22status%22:200 HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: h1\r\n\r\n".utf8),
        Array("GET /\u{9B}31m\u{85}\u{202E}\u{2028}{\"a\":\"b\\\"}, HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8),
        Array("GET /\u{1B}[2J HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8),
        Array("GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: a\"b c\r\n\r\n".utf8),
        [71, 69, 84, 32, 47, 0xFF, 0xC0, 32] + Array("HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8),
    ]

    private static func attack(_ service: RunningService) throws {
        for bytes in hostile {
            let client = try service.client()
            client.send(bytes)
            let answer = try client.answer()
            #expect([200, 400, 404].contains(answer.status), "\(answer.status)")
        }
    }

    @Test("is JSON in every line, whatever a client sends, with numbers as numbers")
    func json() async throws {
        let lines = try await Self.lines(["--log-format", "json"], Self.attack)
        let events = try lines.map { line in
            try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
        #expect(events.allSatisfy { $0["time"] is String && $0["level"] is String && $0["message"] is String })
        let messages = events.compactMap { $0["message"] as? String }
        #expect(messages[0].hasPrefix("port ") && messages[0].hasSuffix(" is open; metrics are being loaded"))
        #expect(messages.contains { $0.hasPrefix("listening on http://127.0.0.1:") })
        #expect(messages.suffix(2) == ["stopping: what was accepted is finished first", "stopped"])
        #expect(events.suffix(2).allSatisfy { $0["requestsInFlight"] as? Int == 0 })
        let requests = events.filter { $0["status"] != nil && $0["route"] as? String != "/readyz" }
        #expect(requests.count == Self.hostile.count)
        #expect(requests.allSatisfy { $0["status"] is Int && $0["seconds"] is Double && $0["bytesOut"] is Int })
        let visible = lines.joined().unicodeScalars.allSatisfy { $0.value >= 32 && !(0x7F...0x9F).contains($0.value) }
        #expect(visible && !lines.joined().contains("\u{202E}") && !lines.joined().contains("\u{2028}"))
    }

    @Test("is a line for each request as text, whatever a client sends")
    func text() async throws {
        let lines = try await Self.lines([], Self.attack).filter { !$0.contains("/readyz") }
        #expect(lines.count == Self.hostile.count + 4, "\(lines)")
        #expect(lines.suffix(2).allSatisfy { $0.contains(" notice stop") && $0.hasSuffix(" requestsInFlight=0") })
        for line in lines.dropFirst(2).dropLast(2) {
            #expect(line.firstMatch(of: #/^\d{4}-\d\d-\d\dT[\d:.]+Z info \S+ .* status=\d{3}$/#) != nil, "\(line)")
        }
        #expect(lines.joined().unicodeScalars.allSatisfy { $0.value >= 32 && !(0x7F...0x9F).contains($0.value) })
    }

    @Test("holds errors only when that is asked for")
    func quiet() async throws {
        #expect(try await Self.lines(["--log-format", "json", "--quiet"], Self.attack).count == 1)
    }
}

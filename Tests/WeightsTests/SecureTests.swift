import DreamSimWeights
import Foundation
import TestSupport
import Testing

/// A server with TLS and a certificate of its own making, by the openssl command.
private final class SecureServer {
    let port: Int
    let certificate: URL
    private let process: ChildProcess

    /// - Parameter folder: the folder of what is served: each file is a whole answer with its head.
    init(_ folder: URL) throws {
        certificate = folder.appending(path: "certificate.pem")
        let key = folder.appending(path: "key.pem")
        let maker = try Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:weights.example", "-keyout",
            key.path,
            "-out", certificate.path,
        ])
        _ = maker.wait()
        // A port that was free a moment ago.
        let other = try TestServer([])
        port = other.port
        other.stop()
        process = try ChildProcess(
            [
                "sh", "-c", "cd '\(folder.path)' && exec \"$@\"", "sh", "openssl", "s_server", "-HTTP", "-quiet",
                "-accept", "127.0.0.1:\(port)", "-cert", certificate.path, "-key", key.path,
            ], environment: ProcessInfo.processInfo.environment, output: URL(filePath: "/dev/null"))
    }

    static func openssl(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(
            ["openssl"] + arguments, environment: ProcessInfo.processInfo.environment,
            output: URL(filePath: "/dev/null"))
    }

    static let isPossible: Bool = {
        (try? openssl(["version"]))?.wait() == .exited(0)
    }()

    func stop() {
        process.end()
    }
}

@Suite("TLS", .enabled(if: SecureServer.isPossible, "SKIPPED: the openssl command is absent"))
struct SecureTests {
    /// Runs `body` with a store and a server that answers with the files of a folder.
    private static func withServer(
        of contents: [UInt8], _ body: (StoreFixture, SecureServer, URL) async throws -> Void
    ) async throws {
        try await withStore(contents) { fixture in
            let folder = fixture.folder.appending(path: "served")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let server = try SecureServer(folder)
            defer { server.stop() }
            try await body(fixture, server, folder)
        }
    }

    @Test("https is used with the certificates of SSL_CERT_FILE, refuses unknown ones, and never leads to http")
    func secure() async throws {
        let (contents, source) = Release.plain(200_000)
        try await Self.withServer(of: contents) { fixture, server, folder in
            var store = fixture.store {
                $0.mirror = URL(string: "https://localhost:\(server.port)")
                $0.certificates = server.certificate.path
                $0.attempts = 8
                $0.retryDelay = .milliseconds(50)
            }
            let plain = fixture.server.base.appending(path: "weights.bin").absoluteString
            let answer = folder.appending(path: "weights.bin")
            try Data("HTTP/1.0 302 Found\r\nLocation: \(plain)\r\nContent-Length: 0\r\n\r\n".utf8).write(to: answer)
            let error = await failure(store, source)
            #expect(error.kind == .refused, "\(error)")
            #expect(fixture.server.requests.isEmpty)

            let head = "HTTP/1.0 200 OK\r\nContent-Length: \(contents.count)\r\nETag: \"s\"\r\n\r\n"
            try Data(Array(head.utf8) + contents).write(to: answer)
            // Without the certificate the server is nobody's.
            store = fixture.store {
                $0.mirror = store.configuration.mirror
                $0.attempts = 1
            }
            let unknown = await failure(store, source)
            #expect(unknown.kind == .network)
            #expect(unknown.reason.lowercased().contains("certificate"), "\(unknown)")
            #expect(unknown.reason.contains("SSL_CERT_FILE"), "\(unknown)")
            #expect(fixture.downloads.isEmpty)

            try await fixture.store {
                $0.mirror = store.configuration.mirror
                $0.certificates = server.certificate.path
            }.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
        }
    }

    @Test("by a proxy too the certificate is the server's own, and the proxy's answer is not taken for the server's")
    func proxy() async throws {
        let (contents, source) = Release.plain(200_000)
        try await Self.withServer(of: contents) { fixture, server, folder in
            let head = "HTTP/1.0 200 OK\r\nContent-Length: \(contents.count)\r\nETag: \"s\"\r\n\r\n"
            try Data(Array(head.utf8) + contents).write(to: folder.appending(path: "weights.bin"))
            let store = try fixture.store {
                $0.mirror = URL(string: "https://weights.example")
                $0.certificates = server.certificate.path
                $0.proxy = try ProxySettings(proxy: "http://127.0.0.1:\(fixture.server.port)", exceptions: nil)
                // The server may need a moment, in which the tunnel leads nowhere.
                $0.attempts = 8
                $0.retryDelay = .milliseconds(50)
            }
            let port = server.port
            fixture.server.change { $0.faults = Array(repeating: .tunnel(to: port), count: 9) }
            try await store.fetch(source)
            #expect(try fixture.contents("checkpoints/weights.bin") == contents)
            #expect(fixture.server.requests.allSatisfy { $0.path == "weights.example:443" })

            try store.remove(source)
            let other = fixture.store {
                $0.mirror = URL(string: "https://another.example")
                ($0.certificates, $0.proxy, $0.attempts) = (server.certificate.path, store.configuration.proxy, 1)
            }
            let error = await failure(other, source)
            #expect(error.kind == .network)
            #expect(error.reason.contains("another.example"), "\(error)")
        }
    }
}

import DreamSimWeights
import Foundation
import TestSupport
import Testing

/// The built command as a service.
@Suite("The command 'serve'", .timeLimit(.minutes(5)))
struct ShutdownTests {
    /// The command lies beside the test bundle.
    private static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "dreamsim")

    @Test("finishes what it accepted when it is told to stop, and ends with 0")
    func termination() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let png = try Images.png(1)
        try await onThread {
            let errors = home.appending(path: "errors")
            let child = try ChildProcess(
                [
                    "/bin/bash", "-c", "exec 2>\"$ERRORS\"; exec \"$@\"", "bash", Self.executable.path, "serve",
                    "--metric",
                    "mse", "--port", "0", "--quiet",
                ],
                environment: [
                    "DREAMSIM_HOME": home.path, "DREAMSIM_OFFLINE": "1", "PATH": "/usr/bin:/bin", "ERRORS": errors.path,
                ],
                output: home.appending(path: "output"))
            var port: Int?
            while port == nil {
                let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
                port = text.firstMatch(of: #/http://127\.0\.0\.1:(\d+)//#).flatMap { Int($0.1) }
                usleep(10_000)
            }
            let service = RunningService(port: port ?? 0)
            while try service.get("/readyz").status != 200 { usleep(10_000) }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            // Accepted, and not whole yet.
            let clients = try (0..<8).map { _ in try service.client() }
            for client in clients {
                client.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: \(form.body.count)"])
                client.send(Array(form.body.prefix(100)))
            }
            while try service.statistic("dreamsim_held_bytes") < Double(8 * form.body.count) { usleep(5000) }
            kill(child.identifier, SIGTERM)
            // New clients find nobody.
            while (try? service.get("/healthz")) != nil { usleep(10_000) }
            for client in clients { client.send(Array(form.body.dropFirst(100))) }
            for client in clients {
                let answer = try client.answer()
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
            }
            guard case .exited(0) = child.wait() else {
                Issue.record("\((try? String(contentsOf: errors, encoding: .utf8)) ?? "")")
                return
            }
        }
    }
}

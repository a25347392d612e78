import Foundation
import TestSupport
import Testing

/// The built command as a service that is told to read its settings again.
@Suite("The command 'serve' and SIGHUP", .timeLimit(.minutes(5)))
struct HangupTests {
    private static func write(_ text: String, to file: URL) throws {
        try Data(text.utf8).write(to: file, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    }

    @Test("reads tokens, reports and indexes again, keeps what it has when that fails, and never ends")
    func hangup() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        try await onThread {
            let (tokens, config) = (home.appending(path: "tokens"), home.appending(path: "config.json"))
            let reports = home.appending(path: "reports")
            try FileManager.default.createDirectory(at: reports, withIntermediateDirectories: true)
            try Self.write(#"{"dataSet": {}}"#, to: reports.appending(path: "one.json"))
            try Self.write("anna anna-0123456789abcdef\n", to: tokens)
            try Self.write(#"{"token-file": "\#(tokens.path)", "metric": "mse", "port": 0}"#, to: config)
            let built = try BuiltService(["--config", config.path], home: home)
            let (service, child) = (built.service, built.process)
            func log() -> String { built.log }
            func status(_ path: String, _ name: String) throws -> Int {
                try service.get(path, headers: ["Authorization: Bearer \(name)-0123456789abcdef"]).status
            }
            #expect(try status("/v1/metrics", "anna") == 200)
            // Many, while requests are answered.
            for _ in 0..<50 {
                kill(child.identifier, SIGHUP)
                #expect(try status("/v1/metrics", "anna") == 200)
            }
            try Self.write("bert bert-0123456789abcdef\n", to: tokens)
            try Self.write(
                #"{"token-file": "\#(tokens.path)", "metric": "mse", "port": 1, "reports": "\#(reports.path)"}"#,
                to: config)
            kill(child.identifier, SIGHUP)
            // One of the many may have read the one file before the other was written.
            while try status("/v1/evaluations/one", "bert") != 200 { usleep(10_000) }
            #expect(try status("/v1/metrics", "anna") == 401)
            while !log().contains("takes a restart: host, port") { usleep(10_000) }
            // A file that is wrong changes nothing, and one of settings neither.
            for (file, text) in [(tokens, "bert short\n"), (config, "{"), (config, #"{"prot": 1}"#)] {
                let kept = try String(contentsOf: file, encoding: .utf8)
                let before = log().components(separatedBy: "nothing was read anew").count
                try Self.write(text, to: file)
                kill(child.identifier, SIGHUP)
                while log().components(separatedBy: "nothing was read anew").count == before { usleep(10_000) }
                #expect(try status("/v1/metrics", "bert") == 200 && status("/v1/evaluations/one", "bert") == 200)
                try Self.write(kept, to: file)
            }
            #expect(!log().contains("0123456789abcdef"))
            kill(child.identifier, SIGTERM)
            guard case .exited(0) = child.wait() else {
                Issue.record("\(log())")
                return
            }
        }
    }
}

import Foundation
import TestSupport
import Testing

/// The built command as a service.
@Suite("The command 'serve'", .timeLimit(.minutes(5)))
struct ShutdownTests {
    @Test("finishes what it accepted when it is told to stop, and ends with 0")
    func termination() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let png = try Images.png(1)
        try await onThread {
            let built = try BuiltService(["--metric", "mse", "--port", "0"], home: home)
            let service = built.service
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            // Accepted, and not whole yet.
            let clients = try (0..<8).map { _ in try service.client() }
            for client in clients {
                client.send("POST", "/v1/compare", headers: [Form.header, "Content-Length: \(form.body.count)"])
                client.send(Array(form.body.prefix(100)))
            }
            while try service.statistic("dreamsim_held_bytes") < Double(8 * form.body.count) { usleep(5000) }
            kill(built.process.identifier, SIGTERM)
            // New clients find nobody.
            while (try? service.get("/healthz")) != nil { usleep(10_000) }
            for client in clients { client.send(Array(form.body.dropFirst(100))) }
            for client in clients {
                let answer = try client.answer()
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
            }
            #expect(built.process.wait() == .exited(0), "\(built.log)")
            // The log says what was waited for, and that it is done.
            let log = built.log
            let stopping = log.firstMatch(of: #/notice stopping: what was accepted .* requestsInFlight=(\d+)\n/#)
            // One more may ask whether anybody is there.
            #expect(stopping.flatMap { Int($0.1) }.map { (8...9).contains($0) } == true, "\(log)")
            #expect(log.hasSuffix(" notice stopped requestsInFlight=0\n"), "\(log)")
        }
    }

    @Test("takes no memory for each request of a report that is empty")
    func emptyReport() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        try await onThread {
            let reports = home.appending(path: "reports")
            try FileManager.default.createDirectory(at: reports, withIntermediateDirectories: true)
            try Data().write(to: reports.appending(path: "empty.json"))
            let built = try BuiltService(
                ["--metric", "mse", "--port", "0", "--quiet", "--reports", reports.path], home: home, isReady: false)
            let client = try built.service.client()
            func ask(_ count: Int) throws {
                for _ in 0..<count {
                    client.send("GET", "/v1/evaluations/empty")
                    #expect(try client.answer().status == 503)
                }
            }
            try ask(1000)
            let before = try built.service.statistic("process_resident_memory_bytes")
            try ask(3000)
            let growth = try built.service.statistic("process_resident_memory_bytes") - before
            // 4 kB for each would be 12 MB.
            #expect(growth < 6e6, "\(growth) bytes")
            _ = built.stop()
        }
    }
}

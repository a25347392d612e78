import DreamSim
import DreamSimRetrieval
import DreamSimService
import DreamSimSupport
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// What a service takes anew while it runs.
@Suite("A service whose settings change", .timeLimit(.minutes(5)))
struct ReloadTests {
    @Test("takes tokens anew, and finishes what came with an old one")
    func tokens() async throws {
        let metric = GatedMetric()
        let png = try Images.png(1)
        let (old, new) = ("old-0123456789abcdef", "new-0123456789abcdef")
        var settings = ServiceSettings()
        settings.token = old
        try await RunningService.with(settings, metrics: [metric]) { [settings] service in
            defer { metric.open() }
            let form = Form([("reference", "a.png", png), ("image", "b.png", png)])
            let first = try service.client()
            first.send("POST", "/v1/compare", headers: [Form.header, "Authorization: Bearer \(old)"], body: form.body)
            while metric.calls < 1 { usleep(1000) }
            var changed = settings
            (changed.token, changed.tokens) = (nil, [AccessToken(new, name: "anna")])
            changed.port = 1
            #expect(try service.reload(changed).contains("host, port"))
            func status(_ token: String) throws -> Int {
                try service.get("/v1/metrics", headers: ["Authorization: Bearer \(token)"]).status
            }
            #expect(try status(old) == 401 && status(new) == 200)
            metric.open()
            #expect(try first.answer().status == 200)
        }
    }

    @Test("takes nothing anew when anything cannot be used")
    func failure() async throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let reports = folder.appending(path: "reports")
        try FileManager.default.createDirectory(at: reports, withIntermediateDirectories: true)
        try Data(#"{"dataSet": {}}"#.utf8).write(to: reports.appending(path: "one.json"))
        var settings = ServiceSettings()
        (settings.token, settings.reports) = ("old-0123456789abcdef", reports)
        try await RunningService.with(settings) { [settings] service in
            let field = ["Authorization: Bearer old-0123456789abcdef"]
            let broken = folder.appending(path: "broken")
            try FileManager.default.createDirectory(at: broken, withIntermediateDirectories: true)
            for change in [
                { $0.token = "short" }, { $0.reports = folder.appending(path: "missing") },
                { $0.indexes = [.init(name: "empty", folder: broken)] }, { $0.tokens = [AccessToken("x", name: "y")] },
            ] as [(inout ServiceSettings) -> Void] {
                var changed = settings
                changed.token = "new-0123456789abcdef"
                change(&changed)
                #expect(throws: DreamSimError.self) { try service.reload(changed) }
                #expect(try service.get("/v1/evaluations/one", headers: field).status == 200)
                #expect(try service.get("/readyz").status == 200)
            }
        }
    }
}

import DreamSim
import DreamSimRetrieval
import DreamSimService
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// What the routes answer that are about an index and about reports.
@Suite("A service with an index", .timeLimit(.minutes(5)))
struct IndexRouteTests {
    /// Runs `body` with a service whose index holds ten images, the last of them twice.
    /// - Parameter prepare: changes the index before the service starts.
    private static func with<R: Sendable>(
        prepare: (_ index: URL) throws -> Void = { _ in },
        _ body: @escaping @Sendable (RunningService, URL) throws -> R
    ) async throws -> R {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let description = try TinyModels.write(TinyModels.json(["dino"]), to: home)
        let model = try await PerceptualModel.load(description.path, options: TinyModels.options(home: home))
        let images = home.appending(path: "images")
        try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
        for number in 0..<10 {
            try TinyModels.image(UInt64(number)).write(to: images.appending(path: "\(number).png"))
        }
        try FileManager.default.copyItem(
            at: images.appending(path: "9.png"), to: images.appending(path: "copy.png"))
        let index = home.appending(path: "index")
        let writer = try IndexWriter(index, settings: IndexSettings(model, source: description.path))
        _ = try writer.update([ImagePath(images.path)], with: model, options: IndexingOptions())
        let reports = home.appending(path: "reports")
        try FileManager.default.createDirectory(at: reports, withIntermediateDirectories: true)
        try Data(#"{"dataSet": {"name": "set"}, "items": [1, 2]}"#.utf8).write(to: reports.appending(path: "one.json"))
        var settings = ServiceSettings()
        (settings.index, settings.reports) = (index, reports)
        try prepare(index)
        return try await RunningService.with(settings, metrics: [model]) { try body($0, images) }
    }

    @Test("finds the most alike, by an image that it knows, one that it does not, and by number")
    func search() async throws {
        try await Self.with { service, images in
            #expect(try service.get("/v1/index").json()["images"] as? Int == 11)
            let known = [UInt8](try Data(contentsOf: images.appending(path: "3.png")))
            // The same pixels in other bytes, so that the model is asked.
            let fresh = known + [0]
            for bytes in [known, fresh] {
                let client = try service.client()
                client.send("POST", "/v1/search?count=4", headers: ["Content-Type: image/png"], body: bytes)
                let json = try client.answer().json()
                #expect(try JSONSchema("search").faults(of: json) == [])
                let searches = try #require(json["searches"] as? [[String: Any]])
                let results = try #require(searches.first?["results"] as? [[String: Any]])
                #expect(results.count == 4)
                #expect((results[0]["image"] as? String)?.hasSuffix("3.png") == true)
                #expect((results[0]["values"] as? [String: Double])?.values.first ?? 1 < 1e-3)
            }
            let all = try Self.results(service, "/v1/search?id=1&count=10")
            let pages = try (0..<4).flatMap { try Self.results(service, "/v1/search?id=1&count=3&offset=\($0 * 3)") }
            #expect(all.count == 10 && all == pages)
            #expect(try service.get("/v1/search?id=99").status == 404)
        }
    }

    @Test("searches for those of several images that can be used, and says what is wrong where none can")
    func unusable() async throws {
        let broken = Array("no image".utf8)
        try await Self.with { service, images in
            let good = [UInt8](try Data(contentsOf: images.appending(path: "3.png")))
            let some = Form([("image", "good.png", good), ("image", "bad.png", broken)])
            let found = try service.post("/v1/search?count=1", some)
            #expect(found.status == 200)
            #expect((try found.json()["searches"] as? [[String: Any]])?.count == 1)
            let told = try #require(try found.json()["failures"] as? [[String: String]])
            #expect(told.map { $0["image"] } == ["bad.png"] && told.map { $0["field"] } == ["image"])
            // What both have in common cannot be told by one of them.
            for (query, form) in [("mean=true", some), ("count=1", Form([("image", "bad.png", broken)]))] {
                let refused = try service.post("/v1/search?\(query)", form)
                try HostileTests.check(service, refused, 415, "unsupported-media")
                let failures = try #require(try refused.json()["failures"] as? [[String: Any]])
                #expect(failures.map { $0["image"] as? String } == ["bad.png"])
            }
        }
    }

    @Test("searches approximately by the index's graph, and by all vectors where it is damaged, and says so")
    func approximate() async throws {
        try await Self.with { service, images in
            let folder = images.deletingLastPathComponent().appending(path: "index")
            #expect(try service.get("/v1/index").json()["hasGraph"] as? Bool == false)
            let refused = try service.get("/v1/search?id=1&approximate=true")
            try HostileTests.check(service, refused, 422, "incomparable")
            try HostileTests.check(service, service.get("/v1/search?id=1&effort=9"), 400, "bad-parameter")
            try IndexReader(folder).buildNeighbors()
            // What is open is looked at again after two seconds.
            while try service.get("/v1/index").json()["hasGraph"] as? Bool == false { usleep(50_000) }
            let found = try service.get("/v1/search?id=1&count=10&approximate=true&effort=20")
            #expect(try found.json()["method"] as? String == "approximate")
            #expect(
                try Self.results(service, "/v1/search?id=1&count=10&approximate=true&effort=20")
                    == Self.results(service, "/v1/search?id=1&count=10"))
            try Data("no graph".utf8).write(to: folder.appending(path: "neighbors.graph"))
            for _ in 0..<2 {
                let answer = try service.get("/v1/search?id=1&count=10&approximate=true").json()
                #expect(answer["method"] as? String == "exact")
            }
            #expect(
                try Self.results(service, "/v1/search?id=1&count=10&approximate=true")
                    == Self.results(service, "/v1/search?id=1&count=10"))
            let status = try service.get("/v1/index").json()
            #expect(status["hasGraph"] as? Bool == false)
            #expect((status["graphError"] as? String)?.contains("build the nearest-neighbor graph") == true)
            #expect(service.log.lines(with: "approximate searches of the index").count == 1)
        }
    }

    /// The numbers of the files that were found, with their places.
    private static func results(_ service: RunningService, _ path: String) throws -> [[Int]] {
        let searches = try service.get(path).json()["searches"] as? [[String: Any]]
        let results = searches?.first?["results"] as? [[String: Any]] ?? []
        return results.map { [$0["rank"] as? Int ?? -1, $0["id"] as? Int ?? -1] }
    }

    @Test("shows small images of its files, by their numbers only")
    func thumbnails() async throws {
        try await Self.with { service, _ in
            let answer = try service.get("/v1/index/thumbnails/1?side=32")
            #expect(answer.headers["content-type"] == "image/jpeg")
            let image = try Image(decoding: answer.body, name: "thumbnail")
            #expect(max(image.width, image.height) == 32)
            for path in ["/v1/index/thumbnails/99", "/v1/index/thumbnails/a", "/v1/index/thumbnails/0"] {
                #expect(try service.get(path).status == 404)
            }
        }
    }

    @Test("finds duplicates")
    func duplicates() async throws {
        try await Self.with { service, _ in
            var answer = try service.get("/v1/duplicates?tier=identical-bytes")
            while answer.status == 202 { answer = try service.get("/v1/duplicates?tier=identical-bytes") }
            let json = try answer.json()
            #expect(try JSONSchema("dedupe").faults(of: json) == [])
            let groups = try #require(json["groups"] as? [[String: Any]])
            #expect(groups.count == 1)
            let files = try #require(groups.first?["files"] as? [[String: Any]])
            #expect(Set(files.compactMap { $0["image"] as? String }) == ["9.png", "copy.png"])
        }
    }

    @Test("is not ready without its index, says why, and answers 503 where it is needed")
    func goneIndex() async throws {
        try await Self.with { service, images in
            #expect(try service.get("/readyz").json()["status"] as? String == "ready")
            let index = images.deletingLastPathComponent().appending(path: "index")
            let away = images.deletingLastPathComponent().appending(path: "away")
            try FileManager.default.moveItem(at: index, to: away)
            // What is open is looked at again after two seconds.
            while try service.get("/readyz").status == 200 { usleep(50_000) }
            let ready = try service.get("/readyz").json()
            let reasons = try #require(ready["reasons"] as? [String])
            #expect(reasons.count == 1 && reasons[0].hasPrefix("the index cannot be used"))
            #expect(!reasons[0].contains(index.path), "where files lie is nobody's business")
            for path in ["/v1/index", "/v1/search?id=1", "/v1/index/thumbnails/1"] {
                let answer = try service.get(path)
                try HostileTests.check(service, answer, 503, "unavailable")
                #expect(answer.headers["retry-after"] != nil)
            }
            try FileManager.default.moveItem(at: away, to: index)
            #expect(try service.get("/readyz").status == 200)
            #expect(try service.get("/v1/search?id=1").status == 200)
        }
    }

    @Test("says at the start, and when settings are read anew, that a graph cannot be used")
    func damagedGraph() async throws {
        let prepare = { (index: URL) in
            try Data("no graph".utf8).write(to: index.appending(path: "neighbors.graph"))
        }
        try await Self.with(prepare: prepare) { service, images in
            #expect(service.log.lines(with: "approximate searches of the index").count == 1)
            try Data("none either, and longer".utf8).write(
                to: images.deletingLastPathComponent().appending(path: "index/neighbors.graph"))
            var settings = ServiceSettings()
            settings.index = images.deletingLastPathComponent().appending(path: "index")
            for _ in 0..<2 { _ = try service.reload(settings) }
            // The same is said once.
            #expect(service.log.lines(with: "approximate searches of the index").count == 1)
            #expect(try service.get("/readyz").status == 200)
        }
    }

    @Test("answers 503 when its vectors are cut short while they are in use, says so, and lives on")
    func vectorsCutShort() async throws {
        try await Self.with { service, images in
            let folder = images.deletingLastPathComponent().appending(path: "index")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let file = folder.appending(path: try #require(names.first { $0.hasSuffix(".bin") }))
            let sound = try Data(contentsOf: file)
            #expect(try service.get("/v1/search?id=1").status == 200)
            #expect(truncate(file.path, 4096) == 0)
            let png = [UInt8](try Data(contentsOf: images.appending(path: "3.png")))
            // Known and fresh.
            for bytes in [png, png + [0]] {
                let answer = try service.post("/v1/search", Form([("image", "a.png", bytes)]))
                try HostileTests.check(service, answer, 503, "unavailable")
            }
            let answer = try service.get("/v1/search?id=1")
            try HostileTests.check(service, answer, 503, "unavailable")
            #expect(answer.headers["retry-after"] == nil, "waiting mends nothing")
            #expect((try answer.json()["advice"] as? String)?.contains("update the index") == true)
            #expect(!answer.text.contains(images.path) && !answer.text.contains(folder.path))
            try sound.write(to: file)
            while try service.get("/v1/search?id=1").status != 200 { usleep(50_000) }
        }
    }

    @Test("answers 503 to a report that is half written, and is not ready meanwhile")
    func halfWrittenReport() async throws {
        try await Self.with { service, images in
            let report = images.deletingLastPathComponent().appending(path: "reports/two.json")
            try Data(#"{"dataSet": {"name": "se"#.utf8).write(to: report)
            try HostileTests.check(service, service.get("/v1/evaluations/two"), 503, "unavailable")
            #expect(try service.get("/v1/evaluations/one").status == 200)
            let ready = try service.get("/readyz")
            #expect(ready.status == 503)
            #expect((try ready.json()["reasons"] as? [String])?.first?.contains("'two'") == true)
            try Data("{\"dataSet\": {\"name\": \"set\"}}\n".utf8).write(to: report)
            #expect(try service.get("/readyz").status == 200)
            #expect(try service.get("/v1/evaluations/two").status == 200)
        }
    }

    @Test("shows evaluation reports without their single judgments")
    func evaluations() async throws {
        try await Self.with { service, _ in
            let list = try #require(try service.get("/v1/evaluations").json()["evaluations"] as? [[String: Any]])
            #expect(list.map { $0["name"] as? String } == ["one"])
            let report = try service.get("/v1/evaluations/one").json()
            #expect(report["dataSet"] != nil && report["items"] == nil)
            #expect(try service.get("/v1/evaluations/two").status == 404)
        }
    }
}

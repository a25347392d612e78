import DreamSim
import DreamSimRetrieval
import DreamSimService
import DreamSimSupport
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Several indexes, and what they hold.
@Suite("A service with several indexes", .timeLimit(.minutes(5)))
struct IndexesTests {
    static func image(_ seed: UInt64) -> Image { TinyModels.image(seed) }

    /// Where a test's files lie.
    struct Home: Sendable {
        let folder: URL
        let model, other: any EmbeddingMetric
        let source: String

        func make(_ name: String, _ seeds: Range<UInt64>, with other: (any EmbeddingMetric)? = nil) throws {
            let model = other ?? model
            let images = folder.appending(path: "images/\(name)/deep")
            try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
            for seed in seeds { try IndexesTests.image(seed).write(to: images.appending(path: "\(seed).png")) }
            let writer = try IndexWriter(index(name), settings: IndexSettings(model, source: source))
            _ = try writer.update([ImagePath(folder.appending(path: "images/\(name)").path)], with: model)
        }

        func index(_ name: String) -> URL { folder.appending(path: "\(name).index") }
    }

    /// Runs `body` with a service of two indexes, of five images and of three.
    static func with<R: Sendable>(
        changing: Bool = false, tokens: [AccessToken] = [],
        _ body: @escaping @Sendable (RunningService, Home) throws -> R
    ) async throws -> R {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let description = try TinyModels.write(TinyModels.json(["dino"]), to: folder)
        let model = try await PerceptualModel.load(description.path, options: TinyModels.options(home: folder))
        let pdq = try #require(try await MetricCatalog.load("pdq") as? any EmbeddingMetric)
        let home = Home(folder: folder, model: model, other: pdq, source: description.path)
        try home.make("first", 0..<5)
        try home.make("second", 10..<13)
        var settings = ServiceSettings()
        settings.indexes = ["first", "second"].map { .init(name: $0, folder: home.index($0)) }
        settings.tokens = tokens
        if changing { settings.additions = folder.appending(path: "added") }
        return try await RunningService.with(settings, metrics: [model]) { try body($0, home) }
    }

    static func results(_ answer: RawClient.Answer) throws -> [[String: Any]] {
        let searches = try answer.json()["searches"] as? [[String: Any]]
        return searches?.first?["results"] as? [[String: Any]] ?? []
    }

    static func found(_ service: RunningService, _ name: String, _ png: [UInt8]) throws -> [[String: Any]] {
        let client = try service.client()
        client.send("POST", "/v1/indexes/\(name)/search", headers: ["Content-Type: image/png"], body: png)
        return try results(client.answer())
    }

    @Test("lists them, and searches each by its name, and the first without a name")
    func names() async throws {
        try await Self.with { service, _ in
            let listed = try #require(try service.get("/v1/indexes").json()["indexes"] as? [[String: Any]])
            #expect(listed.map { $0["name"] as? String } == ["first", "second"])
            #expect(listed.map { $0["images"] as? Int } == [5, 3])
            #expect(listed.allSatisfy { $0["takesChanges"] as? Bool == false && $0["isSearchable"] as? Bool == true })
            #expect(try service.get("/v1/index").json()["name"] as? String == "first")
            #expect(try service.get("/v1/indexes/second").json()["images"] as? Int == 3)
            let png = try Self.image(11).pngData()
            for (path, count, index) in [
                ("/v1/search", 5, "first"), ("/v1/indexes/first/search", 5, "first"),
                ("/v1/indexes/second/search", 3, "second"),
            ] {
                let client = try service.client()
                client.send("POST", path, headers: ["Content-Type: image/png"], body: png)
                let answer = try client.answer()
                #expect(try JSONSchema("search").faults(of: answer.json()) == [])
                #expect(try answer.json()["index"] as? String == index)
                let results = try Self.results(answer)
                #expect(results.count == count)
                let small = try #require(results.first?["thumbnail"] as? String)
                #expect(try service.get(small).headers["content-type"] == "image/jpeg")
            }
            #expect(try Self.results(service.get("/v1/indexes/second/search?id=1&count=9")).count == 2)
            var duplicates = try service.get("/v1/indexes/second/duplicates")
            while duplicates.status == 202 { duplicates = try service.get("/v1/indexes/second/duplicates") }
            #expect(try duplicates.json()["images"] as? Int == 3)
            for path in ["", "/search?id=1", "/images", "/thumbnails/1", "/duplicates"] {
                for name in ["third", "..", "%2e%2e", "first%2f..", String(repeating: "a", count: 2000)] {
                    #expect(try service.get("/v1/indexes/\(name)\(path)").status == 404, "\(name.prefix(20))\(path)")
                }
            }
        }
    }

    @Test("has one address for each file: a number is written in one way")
    func numbers() async throws {
        try await Self.with { (service, _) throws in
            #expect(try service.get("/v1/index/thumbnails/1?side=4096").status == 200)
            for text in ["+1", "%2B1", "01", "1.0", "1e0", "0x1", "%201", "-0", "1%00"] {
                #expect(try service.get("/v1/index/thumbnails/\(text)").status == 404, "\(text)")
                #expect(try service.get("/v1/indexes/first/thumbnails/\(text)").status == 404, "\(text)")
            }
            for query in ["id=%2B1", "id=01", "id=1&count=%2B2", "id=1&offset=-0x1"] {
                #expect(try service.get("/v1/search?\(query)").status == 400, "\(query)")
            }
            for text in ["%2B1", "nan", "0x1p-1", "infinity", "1e-", "."] {
                #expect(try service.get("/v1/duplicates?tier=near&distance=\(text)").status == 400, "\(text)")
            }
        }
    }

    @Test("shows paths below the indexed folder, and nothing of where that lies")
    func paths() async throws {
        try await Self.with { service, home in
            let results = try Self.results(service.get("/v1/search?id=1&count=2"))
            #expect(results.count == 2)
            #expect(results.allSatisfy { ($0["image"] as? String)?.contains(/^deep\/[1-4].png$/) == true })
            for path in [
                "/v1/search?id=1&count=2", "/v1/indexes", "/v1/indexes/first", "/v1/indexes/first/images", "/v1/index",
                "/v1/duplicates", "/v1/service",
            ] {
                var answer = try service.get(path)
                while answer.status == 202 { answer = try service.get(path) }
                // JSON may write a slash in two ways.
                #expect(!answer.text.replacing("\\/", with: "/").contains(home.folder.path), "\(path)")
            }
        }
    }

    @Test("pages through the files of an index")
    func pages() async throws {
        try await Self.with { service, _ in
            var (ids, after, pages) = ([Int](), 0, 0)
            while true {
                let page = try service.get("/v1/indexes/first/images?after=\(after)&limit=2").json()
                let images = try #require(page["images"] as? [[String: Any]])
                ids += images.compactMap { $0["id"] as? Int }
                #expect(
                    images.allSatisfy { $0["width"] != nil && ($0["image"] as? String)?.hasPrefix("deep/") == true })
                pages += 1
                guard let next = page["next"] as? Int else { break }
                after = next
            }
            #expect(ids == [1, 2, 3, 4, 5] && pages == 3)
            let past = try service.get("/v1/indexes/first/images?after=99").json()
            #expect((past["images"] as? [Any])?.isEmpty == true && past["next"] == nil)
            for query in ["after=-1", "limit=0", "limit=1001", "after=x"] {
                #expect(try service.get("/v1/indexes/first/images?\(query)").status == 400)
            }
        }
    }

    @Test("takes indexes anew, without dropping what is asked of an old one")
    func reload() async throws {
        try await Self.with { service, home in
            try home.make("third", 20..<27)
            var settings = ServiceSettings()
            settings.indexes = [.init(name: "third", folder: home.index("third"))]
            _ = try service.reload(settings)
            #expect(try service.get("/v1/index").json()["images"] as? Int == 7)
            #expect(try service.get("/v1/indexes/first").status == 404)
            settings.indexes.append(.init(name: "gone", folder: home.index("gone")))
            #expect(throws: DreamSimError.self) { try service.reload(settings) }
            // Another model than those that are loaded.
            try home.make("hashes", 30..<32, with: home.other)
            settings.indexes[1] = .init(name: "hashes", folder: home.index("hashes"))
            #expect(try service.reload(settings).contains { $0.hasPrefix("pdq, the model of the index 'hashes'") })
            #expect(try service.get("/v1/indexes/hashes").json()["isSearchable"] as? Bool == false)
            #expect(try service.get("/v1/indexes/hashes/search?id=1").status == 200)
            let png = try Self.image(99).pngData()
            #expect(try service.post("/v1/indexes/hashes/search", Form([("image", "a.png", png)])).status == 422)
            #expect(try service.get("/v1/indexes/third").json()["images"] as? Int == 7)
        }
    }

    @Test("refuses names that are none, and two that are the same")
    func badNames() throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for names in [[""], ["a/b"], [".."], ["a b"], ["a", "a"], [String(repeating: "a", count: 65)]] {
            var settings = ServiceSettings()
            settings.indexes = names.map { .init(name: $0, folder: folder) }
            #expect(throws: DreamSimError.self) { try settings.check() }
        }
        var settings = ServiceSettings()
        settings.index = folder
        settings.additions = folder.appending(path: "in")
        #expect(throws: DreamSimError.self) { try settings.check() }
    }

    @Test("refuses a place for added images that is none, before the first one comes")
    func additions() throws {
        let folder = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["index", "added/other"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        for name in ["file", "added/first"] { try Data().write(to: folder.appending(path: name)) }
        for (name, place) in [
            ("first", "file"), ("first", "file/below"), ("first", "added"), ("other", "added/first/below"),
        ] {
            var settings = ServiceSettings()
            settings.indexes = [.init(name: name, folder: folder.appending(path: "index"))]
            settings.additions = folder.appending(path: place)
            let error = #expect(throws: DreamSimError.self) { try settings.check() }
            #expect("\(error as Any)".contains("is not a folder; let this user write it"), "\(error as Any)")
        }
        var settings = ServiceSettings()
        settings.indexes = [.init(name: "other", folder: folder.appending(path: "index"))]
        for place in ["added", "new/folder"] {
            settings.additions = folder.appending(path: place)
            try settings.check()
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: "new").path) == false)
        }
    }
}

import DreamSim
import DreamSimRetrieval
import DreamSimService
import Foundation
import Testing

/// What requests change of indexes.
@Suite("A service whose indexes are changed", .timeLimit(.minutes(5)))
struct IndexChangeTests {
    @Test("changes nothing unless it is allowed")
    func readOnly() async throws {
        try await IndexesTests.with { service, _ in
            let form = Form([("image", "new.png", try IndexesTests.image(50).pngData())])
            try HostileTests.check(service, service.post("/v1/indexes/first/images", form), 403, "read-only")
            let client = try service.client()
            client.send("DELETE", "/v1/indexes/first/images/1")
            try HostileTests.check(service, client.answer(), 403, "read-only")
            #expect(try service.get("/v1/index").json()["images"] as? Int == 5)
        }
    }

    @Test("adds images, finds them at once, keeps those that can be used, and removes them again")
    func changes() async throws {
        try await IndexesTests.with(changing: true) { service, home in
            #expect(try service.get("/v1/indexes/second").json()["takesChanges"] as? Bool == true)
            let png = try IndexesTests.image(50).pngData()
            let form = Form([
                ("image", "../../etc/n\u{e4}w image.jpg", png), ("image", "broken.png", Array("no image".utf8)),
                ("image", ".hidden", try IndexesTests.image(51).pngData()),
            ])
            let answer = try service.post("/v1/indexes/second/images", form)
            #expect(answer.status == 200, "\(answer.text)")
            let images = try #require(try answer.json()["images"] as? [[String: Any]])
            #expect(
                (try answer.json()["failures"] as? [[String: Any]])?.map { $0["image"] as? String } == ["broken.png"])
            #expect(images.count == 2)
            // The ending is that of the format.
            let name = try #require(images[0]["image"] as? String)
            #expect(name.hasPrefix("second/n\u{e4}w image-") && name.hasSuffix(".png"))
            let id = try #require(images[0]["id"] as? Int)
            let results = try IndexesTests.results(service.get("/v1/indexes/second/search?id=\(id)&count=9"))
            #expect(results.count == 4 && !results.contains { $0["id"] as? Int == id })
            let found = try IndexesTests.found(service, "second", png)
            #expect(found.count == 5 && found[0]["id"] as? Int == id)
            #expect(try service.get("/v1/index").json()["images"] as? Int == 5, "the other index")
            // What was there before is called as it was.
            #expect(found.contains { $0["image"] as? String == "deep/10.png" })
            let kept = home.folder.appending(path: "added/second")
            #expect(try FileManager.default.contentsOfDirectory(atPath: kept.path).count == 2)
            // The same again is the same file.
            let again = try service.post("/v1/indexes/second/images", Form([("image", "n\u{e4}w image.png", png)]))
            #expect((try again.json()["images"] as? [[String: Any]])?.first?["id"] as? Int == id)
            func remove(_ id: Int) throws -> Int {
                let client = try service.client()
                client.send("DELETE", "/v1/indexes/second/images/\(id)")
                return try client.answer().status
            }
            #expect(try remove(id) == 200 && remove(id) == 404)
            #expect(try FileManager.default.contentsOfDirectory(atPath: kept.path).count == 1)
            // What was there before is dropped from the index alone.
            let old = home.folder.appending(path: "images/second/deep/10.png")
            #expect(try remove(1) == 200 && FileManager.default.fileExists(atPath: old.path))
            #expect(try service.get("/v1/indexes/second").json()["images"] as? Int == 3)
            let none = try service.post("/v1/indexes/second/images", Form([("image", "a.png", Array("x".utf8))]))
            #expect(none.status == 415)
        }
    }

    @Test("answers 503 when added images cannot be kept, and adds nothing")
    func unwritable() async throws {
        try await IndexesTests.with(changing: true) { service, home in
            // A file where the folder would be.
            try Data().write(to: home.folder.appending(path: "added"))
            let form = Form([("image", "new.png", try IndexesTests.image(50).pngData())])
            let answer = try service.post("/v1/indexes/first/images", form)
            try HostileTests.check(service, answer, 503, "unavailable")
            #expect(!answer.text.contains(home.folder.path))
            #expect(try service.get("/v1/index").json()["images"] as? Int == 5)
        }
    }

    @Test("asks to come again while somebody else writes the index")
    func locked() async throws {
        try await IndexesTests.with(changing: true) { service, home in
            let form = Form([("image", "new.png", try IndexesTests.image(50).pngData())])
            let writer = try IndexWriter(
                home.index("first"), settings: IndexSettings(home.model, source: home.source))
            let answer = try service.post("/v1/indexes/first/images", form)
            try HostileTests.check(service, answer, 503, "overload")
            #expect(answer.headers["retry-after"] != nil)
            withExtendedLifetime(writer) {}
            #expect(try service.get("/v1/index").json()["images"] as? Int == 5)
        }
    }
}

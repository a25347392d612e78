import DreamSimRetrieval
import DreamSimService
import DreamSimSupport
import Foundation
import Synchronization
import TestSupport
import Testing

/// Indexes that are changed by requests while something is in the way.
@Suite("A service whose indexes are changed", .timeLimit(.minutes(5)))
struct IndexConflictTests {
    private static func form(_ seeds: Range<UInt64>) throws -> Form {
        Form(try seeds.map { ("image", "\($0).png", try IndexesTests.image($0).pngData()) })
    }

    private static func files(_ home: IndexesTests.Home, _ name: String) -> [String] {
        let folder = home.folder.appending(path: "added/\(name)")
        return (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    }

    @Test("Requests that add to one index take turns, and none is refused")
    func turns() async throws {
        try await IndexesTests.with(changing: true) { (service, home) throws in
            let statuses = Mutex<[Int]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { number in
                let first = UInt64(100 + 2 * number)
                let answer = try? service.post("/v1/indexes/first/images", Self.form(first..<first + 2))
                statuses.withLock { $0.append(answer?.status ?? 0) }
            }
            #expect(statuses.withLock { $0 } == [Int](repeating: 200, count: 8))
            #expect(try service.get("/v1/indexes/first").json()["images"] as? Int == 21)
            #expect(Self.files(home, "first").count == 16)
        }
    }

    @Test("Another program that writes the index is in the way, and what was refused is not kept")
    func locked() async throws {
        try await IndexesTests.with(changing: true) { (service, home) throws in
            do {
                let settings = try #require(try IndexReader.settings(of: home.index("second")))
                let writer = try IndexWriter(home.index("second"), settings: settings)
                defer { withExtendedLifetime(writer) {} }
                let refused = try service.post("/v1/indexes/second/images", Self.form(50..<52))
                #expect(refused.status == 503 && refused.text.contains("another program"))
            }
            #expect(Self.files(home, "second").isEmpty)
            #expect(try service.post("/v1/indexes/second/images", Self.form(52..<53)).status == 200)
            #expect(try service.get("/v1/indexes/second").json()["images"] as? Int == 4)
        }
    }

    @Test("An index that is damaged or gone is said, and no new one takes its place", arguments: ["damaged", "gone"])
    func unusable(how: String) async throws {
        try await IndexesTests.with(changing: true) { (service, home) throws in
            #expect(try service.get("/v1/indexes/first").status == 200)
            let folder = home.index("first")
            if how == "gone" {
                try FileManager.default.moveItem(at: folder, to: home.index("moved"))
            } else {
                let database = folder.appending(path: "index.sqlite")
                try Data(repeating: 0x37, count: 3000).write(to: database)
            }
            let refused = try service.post("/v1/indexes/first/images", Self.form(60..<61))
            #expect(refused.status == 503 && !refused.text.contains(home.folder.path), "\(refused.text)")
            #expect(Self.files(home, "first").isEmpty)
            if how == "gone" {
                #expect(!FileManager.default.fileExists(atPath: folder.path))
                try FileManager.default.moveItem(at: home.index("moved"), to: folder)
                #expect(try service.post("/v1/indexes/first/images", Self.form(60..<61)).status == 200)
                #expect(try service.get("/v1/indexes/first").json()["images"] as? Int == 6)
            }
        }
    }

    @Test("One index under two names is refused, and a folder for additions without an index")
    func places() async throws {
        try await IndexesTests.with { (_, home) throws in
            var settings = ServiceSettings()
            settings.indexes = [
                .init(name: "first", folder: home.index("first")),
                .init(name: "again", folder: home.folder.appending(path: "images/../first.index")),
            ]
            let error = #expect(throws: DreamSimError.self) { try settings.check() }
            #expect(error?.problem.contains("two names") == true)
            settings.indexes = []
            settings.additions = home.folder.appending(path: "added")
            #expect(throws: DreamSimError.self) { try settings.check() }
        }
    }

    #if os(Linux)
        @Test("What is opened for searches does not stay open when indexes are taken anew")
        func descriptors() async throws {
            try await IndexesTests.with { (service, home) throws in
                var settings = ServiceSettings()
                settings.indexes = ["first", "second"].map { .init(name: $0, folder: home.index($0)) }
                func open() throws -> Int {
                    let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                    return names.count { name in
                        let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
                        return place?.contains(home.folder.path) == true
                    }
                }
                for round in 0..<12 {
                    // Every other time as other objects, because the names have changed places.
                    settings.indexes.swapAt(0, 1)
                    settings.indexes[0].name = round.isMultiple(of: 2) ? "other" : "first"
                    settings.indexes[1].name = "second"
                    _ = try service.reload(settings)
                    for index in settings.indexes {
                        let path = "/v1/indexes/\(index.name)/duplicates"
                        while try service.get(path).status == 202 { usleep(1000) }
                    }
                }
                // Two databases with their logs, twice while the old ones are let go of.
                #expect(try open() <= 12)
            }
        }
    #endif
}

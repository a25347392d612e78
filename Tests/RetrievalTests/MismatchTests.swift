import DreamSim
import DreamSimRetrieval
import Foundation
import GRDB
import TestSupport
import Testing

/// Indices whose parts do not fit each other, or this program.
@Suite("Mismatches in an index")
struct MismatchTests {
    static func change(_ gallery: Gallery, _ sql: String) throws {
        let database = try DatabaseQueue(index: gallery.index)
        try database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    @Test("A database of a newer version is refused by readers and writers, and stays as it is")
    func newerDatabase() async throws {
        try await Gallery.with(3) { gallery in
            try gallery.update()
            let sound = try gallery.dump()
            try Self.change(gallery, "INSERT INTO grdb_migrations VALUES ('99: colors')")
            #expect(try StoreTests.kind { _ = try IndexReader(gallery.index) } == .newerVersion)
            #expect(try StoreTests.kind { _ = try IndexReader.settings(of: gallery.index) } == .newerVersion)
            #expect(try StoreTests.kind { _ = try gallery.writer() } == .newerVersion)
            try Self.change(gallery, "DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
            #expect(try gallery.dump() == sound)
        }
    }

    @Test("A database of the first schema is read as it is, and brought up to date by the next writer")
    func olderDatabase() async throws {
        try await Gallery.with(3) { gallery in
            try gallery.update()
            let sound = try gallery.dump()
            try Self.change(
                gallery,
                """
                ALTER TABLE setting DROP COLUMN adapter; ALTER TABLE setting DROP COLUMN head;
                DELETE FROM grdb_migrations WHERE identifier LIKE '2:%'
                """)
            #expect(try gallery.dump() == sound)
            #expect(try IndexReader.settings(of: gallery.index)?.source == gallery.settings.source)
            let store = ModelStore(ModelStore.Configuration(home: gallery.home))
            let head = gallery.home.appending(path: "head")
            try Data("a head".utf8).write(to: head)
            let writer = try gallery.writer()
            #expect(writer.settings.head == nil)
            try writer.remember(
                IndexSettings(
                    gallery.model, choice: ModelChoice(source: gallery.settings.source, head: head), store: store))
            let settings = try IndexReader(gallery.index).settings
            #expect(settings.head?.path == head.path && settings.head == writer.settings.head)
            #expect(try gallery.dump() == sound)
        }
    }

    @Test("Files of vectors, graphs and stamps of a newer version are refused as such")
    func newerFiles() async throws {
        try await Gallery.with(6) { gallery in
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            try reader.buildNeighbors()
            func renumber(_ file: URL, _ before: String, _ after: String) throws {
                let text = try Data(contentsOf: file)
                let range = try #require(text.range(of: Data(before.utf8)))
                try (text[..<range.lowerBound] + Data(after.utf8) + text[range.upperBound...]).write(to: file)
            }
            let graph = gallery.index.appending(path: "neighbors.graph")
            try renumber(graph, "dreamsim-neighbors 1 ", "dreamsim-neighbors 2 ")
            #expect(try StoreTests.kind { _ = try reader.neighbors() } == .newerVersion)
            #expect(try reader.check().faults.count == 1)
            let out = gallery.home.appending(path: "out.csv")
            try reader.export(to: out, as: .csv)
            try renumber(out.appendingPathExtension("stamp.json"), "\"version\" : 1", "\"version\" : 2")
            let copy = gallery.home.appending(path: "copy")
            #expect(try StoreTests.kind { _ = try IndexWriter.importing(out, into: copy) } == .newerVersion)
            #expect(!FileManager.default.fileExists(atPath: copy.path))
            try renumber(try gallery.vectorsFile(), "dreamsim-vectors 1 ", "dreamsim-vectors 2 ")
            #expect(try StoreTests.kind { _ = try IndexReader(gallery.index) } == .newerVersion)
            #expect(try StoreTests.kind { _ = try gallery.writer() } == .newerVersion)
        }
    }

    @Test(
        "A database that counts fewer vectors than it has contents is read without harm, and mended by the next update")
    func fewerCounted() async throws {
        try await Gallery.with(8) { gallery in
            try gallery.update()
            let query = SearchQuery(vector: gallery.model.embed(Gallery.image(7)).values)
            try IndexReader(gallery.index).buildNeighbors()
            try Self.change(gallery, "UPDATE setting SET rows = 5")
            let reader = try IndexReader(gallery.index)
            let found = try reader.search([query], count: 8)[0].map(\.file.path.name)
            #expect(Set(found) == Set((0..<5).map { "\($0).png" }))
            #expect(try reader.check().damaged == 3)
            #expect(try StoreTests.kind { _ = try reader.neighbors() } == .incompatible)
            #expect(try reader.clusters().images == 5 && reader.map().points.count == 5)
            let typical = try #require(try reader.typicalDistance())
            #expect(typical > 0 && typical < 2)
            let writer = try gallery.writer()
            #expect(writer.notes.count == 1 && writer.notes[0].contains("3 vectors"))
            #expect(try writer.update([ImagePath(gallery.images.path)], with: gallery.model).added == 3)
            #expect(try writer.verify() == 0)
            let mended = try IndexReader(gallery.index)
            #expect(try mended.search([query], count: 1)[0][0].file.path.name == "7.png")
            #expect(try mended.check().faults.isEmpty && mended.neighbors() == nil)
        }
    }

    @Test("A database that counts one vector of several has no typical distance, and looking for one ends")
    func oneCounted() async throws {
        try await Gallery.with(4) { gallery in
            try gallery.update()
            try Self.change(gallery, "UPDATE setting SET rows = 1")
            let reader = try IndexReader(gallery.index)
            #expect(try reader.typicalDistance() == nil)
            let options = DuplicateOptions(tier: .scene, thresholds: try DuplicateThresholds(nil, near: 0, scene: 0))
            #expect(try reader.duplicates(options).groups.isEmpty)
            #expect(try reader.buildNeighbors()?.vectors == 1)
            #expect(try StoreTests.kind { _ = try reader.measureRecall() } == .badRequest)
        }
    }

    @Test("A database that counts more vectors than there are is refused by readers, and mended by the next update")
    func moreCounted() async throws {
        try await Gallery.with(4) { gallery in
            try gallery.update()
            for rows in ["6", "9223372036854775807", "-1"] {
                try Self.change(gallery, "UPDATE setting SET rows = \(rows)")
                #expect(try StoreTests.kind { _ = try IndexReader(gallery.index) } == .damaged, "\(rows)")
            }
            try Self.change(gallery, "UPDATE setting SET rows = 9223372036854775807")
            let writer = try gallery.writer()
            #expect(try writer.update([ImagePath(gallery.images.path)], with: gallery.model).unchanged == 4)
            #expect(try writer.verify() == 0 && gallery.dump().count == 4)
        }
    }

    @Test(
        "A database that holds values of another kind, or places where no vector is, is refused and ends no process",
        arguments: [
            "UPDATE setting SET rows = 'many'", "UPDATE setting SET width = x'00'",
            "UPDATE setting SET generation = 9223372036854775807", "UPDATE setting SET stamp = x'FF'",
            "UPDATE content SET width = 'wide'", "UPDATE content SET checksum = 'none'",
            "UPDATE file SET size = 'large'", "UPDATE file SET modified = 'yesterday'",
            "UPDATE content SET row = -row - 1; UPDATE file SET row = -row - 1",
            """
            UPDATE content SET row = 9223372036854775807 WHERE row = 1;
            UPDATE file SET row = 9223372036854775807 WHERE row = 1
            """,
        ])
    func valuesOfAnotherKind(change: String) async throws {
        try await Gallery.with(3) { gallery in
            try gallery.update()
            try Self.change(gallery, "PRAGMA defer_foreign_keys = ON; INSERT INTO dead VALUES (-1); " + change)
            let query = SearchQuery(vector: gallery.model.embed(Gallery.image(0)).values)
            // Each may refuse or pass over what is wrong; none may end the process or throw anything of its own.
            let uses: [() throws -> Void] = [
                {
                    let reader = try IndexReader(gallery.index)
                    _ = try reader.files().map { try reader.vector(of: $0) }
                },
                { _ = try IndexReader(gallery.index).check() }, { _ = try IndexReader(gallery.index).file(id: 1) },
                { _ = try IndexReader(gallery.index).typicalDistance() },
                { _ = try IndexReader(gallery.index).search([query], count: 3) },
                {
                    let export = gallery.home.appending(path: "out.csv")
                    _ = try IndexReader(gallery.index).export(to: export, as: .csv)
                }, { try gallery.update() }, { _ = try gallery.writer().compact() },
                { _ = try gallery.writer().verify() },
            ]
            var refusals = 0
            for use in uses {
                do { try use() } catch is DreamSimError { refusals += 1 }
            }
            #expect(refusals > 0)
        }
    }

    @Test("A lock file that a killed process left does not lock; one that is a link is not followed")
    func staleLock() async throws {
        try await Gallery.with(2) { gallery in
            try gallery.update()
            let lock = gallery.index.appending(path: "lock")
            try Data("4242".utf8).write(to: lock)
            #expect(try gallery.update().unchanged == 2)
            try FileManager.default.removeItem(at: lock)
            try FileManager.default.createSymbolicLink(
                at: lock, withDestinationURL: gallery.home.appending(path: "elsewhere"))
            #expect(try StoreTests.kind { _ = try gallery.writer() } == .unwritable)
            #expect(!FileManager.default.fileExists(atPath: gallery.home.appending(path: "elsewhere").path))
        }
    }

    @Test("A write-ahead log that is garbage, or belongs to another database, changes nothing", arguments: [32, 5000])
    func foreignLog(bytes: Int) async throws {
        try await Gallery.with(3) { gallery in
            try gallery.update()
            let sound = try gallery.dump()
            let log = gallery.index.appending(path: "index.sqlite-wal")
            // The last thread that read files ahead may let go of the database a moment later; until then the log is its own.
            for _ in 0..<3000 where ((try? Data(contentsOf: log))?.count ?? 0) > 0 {
                usleep(10_000)
            }
            try Data(repeating: 0x37, count: bytes).write(to: log)
            #expect(try gallery.dump() == sound)
            #expect(try gallery.update().unchanged == 3)
            #expect(try gallery.dump() == sound)
        }
    }
}

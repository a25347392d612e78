import DreamSim
import DreamSimRetrieval
import Foundation
import GRDB
import TestSupport
import Testing

@Suite("Updating an index")
struct UpdateTests {
    @Test("New images are embedded, broken ones listed with the reason, identical ones share a vector")
    func first() async throws {
        try await Gallery.with(20, broken: 7) { gallery in
            try FileManager.default.copyItem(at: gallery.image("0.png"), to: gallery.image("copy.png"))
            let report = try gallery.update()
            #expect(report.added == 19 && report.known == 1 && report.unchanged == 0 && report.isComplete)
            #expect(report.images == 19)
            #expect(report.failures.map(\.image.name) == ["13.png", "6.png"])
            #expect(report.failures.allSatisfy { !$0.error.isEmpty })
            let reader = try IndexReader(gallery.index)
            let files = try reader.files()
            #expect(files.count == 21 && files.filter { $0.error != nil }.count == 2)
            #expect(try reader.failureCount() == 2 && reader.count() == 19)
            let rows = files.compactMap { $0.content?.row }
            #expect(Set(rows) == Set(0..<18))
            for file in files where file.content != nil {
                let vector = try #require(try reader.vector(of: file))
                let expected = gallery.model.embed(try Image(contentsOfFile: file.path.bytes)).values
                for (a, b) in zip(vector, expected) { #expect(abs(a - b) < 1e-3) }
            }
        }
    }

    @Test("What is unchanged is not read again, moved files keep their vectors, those that are gone are dropped")
    func second() async throws {
        try await Gallery.with(10, broken: 5) { gallery in
            try gallery.update()
            let again = try gallery.update()
            #expect(again.unchanged == 8 && again.added == 0 && again.newFailures == 0 && again.failures.count == 2)
            let folder = gallery.image("deeper")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try FileManager.default.moveItem(at: gallery.image("1.png"), to: folder.appending(path: "one.png"))
            try FileManager.default.removeItem(at: gallery.image("2.png"))
            try Gallery.image(77).write(to: gallery.image("3.png"))
            let third = try gallery.update()
            #expect(third.added == 2 && third.known == 1 && third.moved == 1 && third.dropped == 1)
            #expect(third.unchanged == 5 && third.images == 7)
            let reader = try IndexReader(gallery.index)
            let names = try reader.files().filter { $0.error == nil }.map(\.path.name).sorted()
            #expect(names == ["0.png", "3.png", "5.png", "6.png", "7.png", "8.png", "one.png"])
            let changed = try #require(try reader.files().first { $0.path.name == "3.png" })
            let vector = try #require(try reader.vector(of: changed))
            for (a, b) in zip(vector, gallery.model.embed(Gallery.image(77)).values) { #expect(abs(a - b) < 1e-3) }
        }
    }

    @Test("Two files that exchange their names are both recognized")
    func exchange() async throws {
        try await Gallery.with(4) { gallery in
            try gallery.update()
            let manager = FileManager.default
            try manager.moveItem(at: gallery.image("0.png"), to: gallery.image("x.png"))
            try manager.moveItem(at: gallery.image("1.png"), to: gallery.image("0.png"))
            try manager.moveItem(at: gallery.image("x.png"), to: gallery.image("1.png"))
            let report = try gallery.update()
            #expect(report.added == report.known && report.images == 4)
            let reader = try IndexReader(gallery.index)
            for (name, seed) in [("0.png", 1), ("1.png", 0)] {
                let file = try #require(try reader.files().first { $0.path.name == name })
                let vector = try #require(try reader.vector(of: file))
                for (a, b) in zip(vector, gallery.model.embed(Gallery.image(UInt64(seed))).values) {
                    #expect(abs(a - b) < 1e-3)
                }
            }
        }
    }

    @Test(
        "An interruption keeps what is done; the next update gives what an undisturbed one gives", arguments: [0, 1, 9])
    func interruption(after count: Int) async throws {
        try await Gallery.with(30, broken: 10) { gallery in
            try gallery.update()
            let undisturbed = try gallery.dump()
            try FileManager.default.removeItem(at: gallery.index)
            var asked = 0
            let report = try gallery.writer().update(
                [ImagePath(gallery.images.path)], with: gallery.model,
                isCancelled: {
                    asked += 1
                    return asked > count
                })
            #expect(!report.isComplete && report.images < 30)
            #expect(try gallery.update().isComplete)
            #expect(try gallery.dump() == undisturbed)
        }
    }

    @Test("Patterns leave files out without dropping them; a folder that became empty keeps its entries unless pruned")
    func patterns() async throws {
        try await Gallery.with(6) { gallery in
            var options = IndexingOptions()
            options.included = ["[0-2].png"]
            #expect(try gallery.update(options).images == 3)
            options.included = []
            options.excluded = ["5*", "*/none/*"]
            #expect(try gallery.update(options).images == 5)
            options.excluded = ["0.png"]
            var notes: [String] = []
            let report = try gallery.writer().update(
                [ImagePath(gallery.images.path)], with: gallery.model, options: options,
                report: { if case .note(let text) = $0 { notes.append(text) } })
            #expect(report.images == 6 && notes.count == 1 && notes[0].contains("1 files that the patterns leave out"))
            options.prunes = true
            #expect(try gallery.update(options).images == 5)
            options.prunes = false
            for number in 0..<6 { try FileManager.default.removeItem(at: gallery.image("\(number).png")) }
            #expect(try gallery.update().images == 5)
            options.prunes = true
            #expect(try gallery.update(options).images == 0)
        }
    }

    @Test("Links are followed once, or left alone")
    func links() async throws {
        try await Gallery.with(3) { gallery in
            let other = gallery.home.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            try Gallery.image(50).write(to: other.appending(path: "far.png"))
            for (name, target) in [("loop", gallery.images), ("far", other)] {
                try FileManager.default.createSymbolicLink(
                    at: gallery.image(name), withDestinationURL: target)
            }
            var options = IndexingOptions()
            options.followsLinks = false
            #expect(try gallery.update(options).images == 3)
            // Remembered, until something else is said.
            #expect(try gallery.update().images == 3)
            options.followsLinks = true
            #expect(try gallery.update(options).images == 4)
        }
    }

    @Test(
        "A content that changed in place is seen by the change time, and by reading again where even that is the same")
    func changedInPlace() async throws {
        try await Gallery.with(3) { gallery in
            try gallery.update()
            let url = gallery.image("1.png")
            func replace(_ seed: UInt64) throws {
                var status = stat()
                #expect(stat(url.path, &status) == 0)
                let other = gallery.home.appending(path: "other.png")
                try Gallery.image(seed).write(to: other)
                var bytes = try Data(contentsOf: other)
                // Behind the image there may be anything.
                let size = max(bytes.count, Int(status.st_size))
                bytes += Data(count: size - bytes.count)
                let handle = try FileHandle(forWritingTo: url)
                try handle.write(contentsOf: bytes)
                try handle.close()
                var times = [status.accessed, status.modified]
                #expect(utimensat(AT_FDCWD, url.path, &times, 0) == 0)
            }
            // Room for what follows, so that the size never changes.
            let handle = try FileHandle(forWritingTo: url)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(count: 5000))
            try handle.close()
            try gallery.update()
            try replace(70)
            let report = try gallery.update()
            #expect(report.added == 1 && report.unchanged == 2 && report.images == 3)
            func vector() throws -> [Float] {
                let reader = try IndexReader(gallery.index)
                let file = try #require(try reader.files().first { $0.path.name == "1.png" })
                return try #require(try reader.vector(of: file))
            }
            for (a, b) in zip(try vector(), gallery.model.embed(Gallery.image(70)).values) {
                #expect(abs(a - b) < 1e-3)
            }

            // Only the time of the permissions changed: read again, and unchanged.
            #expect(chmod(url.path, 0o600) == 0)
            #expect(try gallery.update().unchanged == 3)

            // Where a clock was set back even the change time can be the same.
            try replace(71)
            var status = stat()
            #expect(stat(url.path, &status) == 0)
            let changed = Int(status.changed.tv_sec) * 1_000_000_000 + Int(status.changed.tv_nsec)
            try DatabaseQueue(index: gallery.index).write {
                try $0.execute(
                    sql: "UPDATE file SET changed = ? WHERE path = ?", arguments: [changed, Data(url.path.utf8)])
            }
            #expect(try gallery.update().unchanged == 3)
            var options = IndexingOptions()
            options.rereads = true
            #expect(try gallery.update(options).added == 1)
            for (a, b) in zip(try vector(), gallery.model.embed(Gallery.image(71)).values) {
                #expect(abs(a - b) < 1e-3)
            }
        }
    }

    @Test("A link that leads nowhere is told of, where it has an image's name")
    func danglingLinks() async throws {
        try await Gallery.with(1) { gallery in
            for (name, target) in [("a.png", "none.png"), ("notes.txt", "none.txt"), ("b.png", "b.png")] {
                try FileManager.default.createSymbolicLink(
                    atPath: gallery.image(name).path, withDestinationPath: target)
            }
            let report = try gallery.update()
            #expect(report.failures.map(\.image.name) == ["a.png", "b.png"] && report.images == 1)
            #expect(report.failures.allSatisfy { $0.error.contains("a link to a file that is not there") })
        }
    }
}

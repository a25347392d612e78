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
        "An index remembers which files of a folder are wanted, for the folders in it too, and an export carries it on")
    func selections() async throws {
        try await Gallery.with(4) { gallery in
            let thumbnails = gallery.image("@eaDir")
            try FileManager.default.createDirectory(at: thumbnails, withIntermediateDirectories: true)
            try Gallery.image(90).write(to: thumbnails.appending(path: "t.png"))
            var options = IndexingOptions()
            options.excluded = ["@eaDir/"]
            #expect(try gallery.update(options).images == 4)
            #expect(try gallery.update().images == 4)
            #expect(try gallery.writer().update([], with: gallery.model).images == 4)
            let status = try IndexReader(gallery.index).status()
            #expect(status.folders.map(\.excluded) == [["@eaDir/"]] && status.folders[0].isThere && status.images == 4)
            let export = gallery.home.appending(path: "export")
            try IndexReader(gallery.index).export(to: export, as: .npy)
            let other = gallery.home.appending(path: "other")
            _ = try IndexWriter.importing(export, into: other)
            #expect(try IndexReader(other).status().folders.map(\.excluded) == [["@eaDir/"]])
            options.excluded = []
            #expect(try gallery.update(options).images == 5)
            #expect(try IndexReader(gallery.index).status().folders[0].excluded.isEmpty)
        }
    }

    @Test(
        "Patterns are understood as they are meant: with a slash at the end, from the working folder, with alternatives",
        arguments: [
            ("raw/", 1), ("./raw", 1), ("images/raw", 1), ("**/raw/**", 1), ("*.{bmp,png}", 0), ("{0,1}.*", 1),
            ("none", 3),
        ])
    func meantPatterns(pattern: String, left: Int) async throws {
        try await Gallery.with(2) { gallery in
            let raw = gallery.image("raw")
            try FileManager.default.createDirectory(at: raw, withIntermediateDirectories: true)
            try Gallery.image(9).write(to: raw.appending(path: "9.png"))
            var options = IndexingOptions()
            options.excluded = [pattern]
            var notes: [String] = []
            let report = try gallery.writer().update(
                [ImagePath(gallery.images.path)], with: gallery.model, options: options,
                report: { if case .note(let text) = $0 { notes.append(text) } })
            let expected = pattern.hasPrefix("{") ? 1 : left == 1 ? 2 : left
            #expect(report.images == expected, "\(pattern)")
            #expect(notes.contains { $0.contains("matches nothing") } == (pattern == "none"), "\(notes)")
        }
    }

    @Test("A folder that never was is not remembered; one that is gone is kept, followed, moved, forgotten or pruned")
    func folders() async throws {
        try await Gallery.with(5) { gallery in
            let (manager, moved) = (FileManager.default, gallery.home.appending(path: "moved"))
            try gallery.update()
            let mistyped = ImagePath(gallery.home.appending(path: "imagse").path)
            #expect(try gallery.writer().update([mistyped], with: gallery.model).newFailures == 1)
            #expect(try gallery.writer().folders().map(\.path) == [ImagePath(gallery.images.path)])
            #expect(try gallery.writer().update([], with: gallery.model).newFailures == 0)

            // Moved by hand: the index says so, keeps what it has, and recognizes it at the new place.
            try manager.moveItem(at: gallery.images, to: moved)
            var notes: [String] = []
            var report = try gallery.writer().update(
                [], with: gallery.model, report: { if case .note(let text) = $0 { notes.append(text) } })
            #expect(report.images == 5 && report.newFailures == 0 && notes.count == 1 && notes[0].contains("is gone"))
            report = try gallery.writer().update([ImagePath(moved.path)], with: gallery.model)
            #expect(report.images == 5 && report.moved == 5 && report.added == report.known && report.dropped == 0)
            #expect(try gallery.writer().folders().map(\.path) == [ImagePath(moved.path)])

            // Moved back, and the index is told: nothing is read.
            try manager.moveItem(at: moved, to: gallery.images)
            #expect(try gallery.writer().move(ImagePath(moved.path), to: ImagePath(gallery.images.path)) == 5)
            report = try gallery.update()
            #expect(report.unchanged == 5 && report.added == 0 && report.images == 5)
            #expect(
                try StoreTests.kind { _ = try gallery.writer().move(ImagePath("/a/b"), to: ImagePath("/c/d")) }
                    == .missing)

            // Gone for good.
            try manager.removeItem(at: gallery.images)
            #expect(try gallery.writer().update([], with: gallery.model).images == 5)
            #expect(try StoreTests.kind { _ = try gallery.writer().forget([ImagePath(moved.path)]) } == .badRequest)
            #expect(try gallery.writer().forget([ImagePath(gallery.images.path)]) == 5)
            #expect(try gallery.writer().folders().isEmpty && gallery.writer().count() == 0)
        }
        try await Gallery.with(3) { gallery in
            try gallery.update()
            try FileManager.default.removeItem(at: gallery.images)
            var options = IndexingOptions()
            options.prunes = true
            #expect(try gallery.writer().update([], with: gallery.model, options: options).images == 0)
            #expect(try gallery.writer().folders().isEmpty)
        }
    }

    @Test("A folder that left its folder becomes one of the index's own; a move that cannot have been is refused")
    func movesOfFolders() async throws {
        try await Gallery.with(2) { gallery in
            let (manager, inner) = (FileManager.default, gallery.image("2019"))
            let outside = gallery.home.appending(path: "archive")
            try manager.createDirectory(at: inner, withIntermediateDirectories: true)
            try Gallery.image(40).write(to: inner.appending(path: "a.png"))
            var options = IndexingOptions()
            options.excluded = ["*.gif"]
            #expect(try gallery.update(options).images == 3)
            func move(_ old: URL, _ new: URL) throws -> Int {
                try gallery.writer().move(ImagePath(old.path), to: ImagePath(new.path))
            }
            // It is there still; nothing was moved.
            try manager.createDirectory(at: outside, withIntermediateDirectories: true)
            #expect(try StoreTests.kind { _ = try move(inner, outside) } == .badRequest)
            try manager.removeItem(at: outside)
            try manager.moveItem(at: inner, to: outside)
            // No folder, and around the old one.
            #expect(try StoreTests.kind { _ = try move(inner, gallery.image("0.png")) } == .badRequest)
            #expect(try StoreTests.kind { _ = try move(inner, gallery.images) } == .badRequest)
            #expect(try move(inner, outside) == 1)
            let folders = try IndexReader(gallery.index).status().folders
            #expect(Set(folders.map(\.path)) == [ImagePath(gallery.images.path), ImagePath(outside.path)])
            #expect(folders.allSatisfy { $0.excluded == ["*.gif"] })
            try Gallery.image(41).write(to: outside.appending(path: "b.png"))
            #expect(try gallery.writer().update([], with: gallery.model).images == 4)
            #expect(try gallery.writer().forget([ImagePath(outside.path)]) == 2)
        }
    }

    @Test("What one folder leaves out and a folder in it wants is neither pruned nor told of")
    func overlappingFolders() async throws {
        try await Gallery.with(2) { gallery in
            let inner = gallery.image("inner")
            try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
            try Gallery.image(40).write(to: inner.appending(path: "x.png"))
            var options = IndexingOptions()
            options.excluded = ["inner"]
            #expect(try gallery.update(options).images == 2)
            options.excluded = []
            func update(_ roots: [URL], _ options: IndexingOptions) throws -> (report: IndexingReport, notes: [String])
            {
                var notes: [String] = []
                let report = try gallery.writer().update(
                    roots.map { ImagePath($0.path) }, with: gallery.model, options: options,
                    report: { if case .note(let text) = $0 { notes.append(text) } })
                return (report, notes)
            }
            #expect(try update([inner], options).report.images == 3)
            for prunes in [false, true, false] {
                var again = IndexingOptions()
                again.prunes = prunes
                let (report, notes) = try update([], again)
                #expect(report.images == 3 && report.added == 0 && report.dropped == 0 && notes.isEmpty, "\(notes)")
            }
            // A pattern that takes nothing is told of.
            options.included = ["*.jpg"]
            let (report, notes) = try update([gallery.images], options)
            #expect(report.images == 3 && notes.contains { $0.contains("'*.jpg' matches nothing") }, "\(notes)")
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
            try DatabaseQueue(path: gallery.index.appending(path: "index.sqlite").path).write {
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

import DreamSim
import DreamSimRetrieval
import Foundation
import TestSupport
import Testing

@Suite("Folders of an index")
struct IndexedFolderTests {
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
}

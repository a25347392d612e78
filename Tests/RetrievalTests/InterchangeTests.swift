import DreamSim
import DreamSimCheckpoints
import DreamSimRetrieval
import Foundation
import TestSupport
import Testing

@Suite("Export and import")
struct InterchangeTests {
    private static func name(_ format: InterchangeFormat) -> String {
        format == .npy ? "export" : "export.\(format.rawValue)"
    }

    /// All files of a folder, or a file with those beside it.
    private static func bytes(_ folder: URL) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            found[name] = try? Data(contentsOf: folder.appending(path: name))
        }
        return found
    }

    @Test(
        "An index that is exported and imported is the same, bit by bit", arguments: InterchangeFormat.allCases,
        [VectorPrecision.float16, .float32])
    func roundTrip(format: InterchangeFormat, precision: VectorPrecision) async throws {
        try await Gallery.with(30, broken: 15) { gallery in
            try FileManager.default.copyItem(at: gallery.image("3.png"), to: gallery.image("a, \"b\".png"))
            _ = try gallery.writer(precision).update([ImagePath(gallery.images.path)], with: gallery.model)
            let (first, second) = (gallery.home.appending(path: "1"), gallery.home.appending(path: "2"))
            for folder in [first, second] {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            }
            let reader = try IndexReader(gallery.index)
            #expect(try reader.export(to: first.appending(path: Self.name(format)), as: format) == 29)
            let copy = gallery.home.appending(path: "copy")
            // Nothing of the images is needed.
            try FileManager.default.moveItem(at: gallery.images, to: gallery.home.appending(path: "away"))
            let report = try IndexWriter.importing(first.appending(path: Self.name(format)), into: copy)
            #expect(report.added == 29 && report.known == 1 && report.images == 29 && report.failures.isEmpty)
            let other = try IndexReader(copy)
            #expect(other.settings.stamp == reader.settings.stamp && other.settings.precision == precision)
            let files = try reader.files().filter { $0.content != nil }
            for (file, imported) in zip(files, try other.files()) {
                #expect(file.path == imported.path && file.size == imported.size && file.modified == imported.modified)
                #expect(file.content?.bytes == imported.content?.bytes)
                #expect(file.content?.pixels == imported.content?.pixels)
                #expect(try reader.vector(of: file) == other.vector(of: imported))
            }
            try other.export(to: second.appending(path: Self.name(format)), as: format)
            #expect(try Self.bytes(first) == Self.bytes(second) && !Self.bytes(first).isEmpty)
            // What is there already is recognized.
            let again = try IndexWriter.importing(first.appending(path: Self.name(format)), into: copy)
            #expect(again.known == 29 && again.images == 29)
        }
    }

    @Test("Names that are not UTF-8 come back")
    func names() throws {
        try SyntheticIndex.with([[1, 0], [0, 1]]) { index in
            let strange = ImagePath(bytes: Array("/synthetic/".utf8) + [0xFF, 0x0A, 0x22])
            let path = ImagePath.text(strange.bytes).replacing("\n", with: "\\n").replacing("\"", with: "\\\"")
            let line = SyntheticIndex.line(9, [1, 1]).replacing("/synthetic/9.png", with: path)
            let file = index.home.appending(path: "x.ndjson")
            try Data(line.utf8).write(to: file)
            _ = try IndexWriter.importing(file, into: index.url, stamp: InterchangeStamp(SyntheticIndex.settings(2)))
            for format in InterchangeFormat.allCases {
                let (out, copy) = (
                    index.home.appending(path: Self.name(format)), index.home.appending(path: "copy-\(format)")
                )
                try index.reader.export(to: out, as: format)
                _ = try IndexWriter.importing(out, into: copy)
                #expect(try IndexReader(copy).files().map(\.path).contains(strange), "\(format)")
            }
        }
    }

    @Test("Vectors of another program need a stamp; their files are read, and their vectors divided by their norms")
    func foreign() async throws {
        try await Gallery.with(6) { gallery in
            let folder = gallery.home.appending(path: "clip")
            for part in ["img_emb", "metadata"] {
                try FileManager.default.createDirectory(
                    at: folder.appending(path: part), withIntermediateDirectories: true)
            }
            var writer = try NumpyWriter(rowShape: [48], to: folder.appending(path: "img_emb/img_emb_0.npy"))
            for seed in 0..<6 {
                try writer.append(row: gallery.model.embed(Gallery.image(UInt64(seed))).values.map { 7 * $0 })
            }
            try writer.commit()
            let lines = (0..<6).map { #"{"image_path": "\#(gallery.image("\($0).png").path)", "caption": null}"# }
            let metadata = folder.appending(path: "metadata/metadata_0.ndjson")
            try Data(lines.joined(separator: "\n").utf8).write(to: metadata)
            try FileManager.default.removeItem(at: gallery.image("4.png"))
            #expect(try StoreTests.kind { _ = try IndexWriter.importing(folder, into: gallery.index) } == .missing)
            #expect(!FileManager.default.fileExists(atPath: gallery.index.path))
            let report = try IndexWriter.importing(
                folder, into: gallery.index, stamp: InterchangeStamp(gallery.settings))
            #expect(report.added == 5 && report.failures.map(\.image.name) == ["4.png"])
            let update = try gallery.update()
            #expect(update.unchanged == 5 && update.added == 0)
            let query = SearchQuery(vector: gallery.model.embed(Gallery.image(2)).values)
            let hit = try IndexReader(gallery.index).search([query], count: 1)[0][0]
            #expect(hit.file.path.name == "2.png" && hit.distance < 1e-5)
            // Parquet is named as what it is.
            try FileManager.default.moveItem(at: metadata, to: folder.appending(path: "metadata/metadata_0.parquet"))
            do {
                _ = try IndexWriter.importing(folder, into: gallery.index, stamp: InterchangeStamp(gallery.settings))
                Issue.record("Parquet was read")
            } catch let error as DreamSimError { #expect(error.reason.contains("Parquet")) }
        }
    }

    @Test("Exports that are cut short or changed are refused", arguments: InterchangeFormat.allCases)
    func hostile(format: InterchangeFormat) throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(8, of: 1, width: 5), .float16) { index in
            let out = index.home.appending(path: "out")
            try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
            let export = out.appending(path: Self.name(format))
            try index.reader.export(to: export, as: format)
            let names = try FileManager.default.subpathsOfDirectory(atPath: out.path).filter {
                !((try? FileManager.default.contentsOfDirectory(atPath: out.appending(path: $0).path)) != nil)
            }
            #expect(names.count >= 2)
            var number = 0
            for name in names {
                let file = out.appending(path: name)
                let sound = try Data(contentsOf: file)
                for change in [Data(), sound.prefix(sound.count / 2), sound.prefix(sound.count - 40)] {
                    try change.write(to: file)
                    number += 1
                    let target = index.home.appending(path: "t\(number)")
                    #expect(throws: (any Error).self, "\(name) of \(change.count) bytes") {
                        _ = try IndexWriter.importing(export, into: target)
                    }
                }
                try FileManager.default.removeItem(at: file)
                #expect(throws: DreamSimError.self, "without \(name)") {
                    _ = try IndexWriter.importing(export, into: index.home.appending(path: "none"))
                }
                try sound.write(to: file)
            }
            // A digit of a vector, or a bit of it.
            let data = try #require(
                names.first { $0.hasSuffix(".npy") || $0.hasSuffix(".safetensors") || $0 == Self.name(format) })
            let file = out.appending(path: data)
            try StoreTests.change(file) { bytes in
                let last = bytes.lastIndex { format == .npy || format == .safetensors || (49...56).contains($0) } ?? 0
                bytes[last] ^= format == .npy || format == .safetensors ? 1 : 9
            }
            #expect(
                try StoreTests.kind { _ = try IndexWriter.importing(export, into: index.home.appending(path: "c")) }
                    == .damaged)
        }
    }

    @Test("Layouts that cannot be told, folders that are not empty and other models are refused")
    func refusals() throws {
        try SyntheticIndex.with([[1, 0, 0]]) { index in
            let reader = try index.reader
            #expect(try StoreTests.kind { _ = try reader.export(to: index.home, as: .npy) } == .badRequest)
            #expect(
                try StoreTests.kind { _ = try reader.export(to: index.home.appending(path: "no/such.csv"), as: .csv) }
                    == .unwritable)
            let file = index.home.appending(path: "x.ndjson")
            try reader.export(to: file, as: .ndjson)
            let plain = index.home.appending(path: "x.txt")
            try FileManager.default.copyItem(at: file, to: plain)
            #expect(try StoreTests.kind { _ = try IndexWriter.importing(plain, into: index.url) } == .badRequest)
            let other = ModelStamp(model: "other", weights: "other", preprocessing: .standard, isNormalized: true)
            let stamp = InterchangeStamp(IndexSettings(stamp: other, source: "none", width: 3, precision: .float32))
            #expect(
                try StoreTests.kind { _ = try IndexWriter.importing(file, into: index.url, stamp: stamp) }
                    == .incompatible)
            try Data(SyntheticIndex.line(1, [1, .nan, 0]).utf8).write(to: file)
            #expect(throws: DreamSimError.self) {
                _ = try IndexWriter.importing(
                    file, into: index.url, stamp: InterchangeStamp(SyntheticIndex.settings(3)))
            }
        }
    }
}

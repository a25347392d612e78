import DreamSim
import DreamSimRetrieval
import Foundation
import TestSupport
import Testing

@Suite("Faults of an index")
struct StoreTests {
    /// Runs `body` and returns the kind of the error that it throws.
    static func kind(_ body: () throws -> Void) throws -> DreamSimError.Kind? {
        do {
            try body()
            return nil
        } catch let error as DreamSimError {
            #expect(!error.subject.isEmpty && error.reason.count > 10, "\(error)")
            return error.kind
        }
    }

    static func change(_ file: URL, _ body: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: file)
        body(&data)
        try data.write(to: file)
    }

    @Test("A second writer is told that the index is locked; readers are not disturbed")
    func lock() async throws {
        try await Gallery.with(3) { gallery in
            try gallery.update()
            let first = try gallery.writer()
            #expect(try Self.kind { _ = try gallery.writer() } == .locked)
            #expect(try IndexReader(gallery.index).count() == 3)
            #expect(try first.count() == 3)
        }
    }

    @Test("The lock goes with its writer")
    func unlock() async throws {
        try await Gallery.with(1) { gallery in
            do { _ = try gallery.writer() }
            _ = try gallery.writer()
        }
    }

    @Test("What was made otherwise is refused, with what differs")
    func incompatible() async throws {
        try await Gallery.with(2) { gallery in
            try gallery.update()
            let stamp = gallery.model.stamp
            let others = [
                ModelStamp(
                    model: "other", weights: "0", preprocessing: stamp.preprocessing, isNormalized: true),
                ModelStamp(
                    model: "tiny", weights: "0" + stamp.weights, preprocessing: stamp.preprocessing, isNormalized: true),
                ModelStamp(model: "tiny", weights: stamp.weights, preprocessing: .standard, isNormalized: true),
                ModelStamp(
                    model: "tiny", weights: stamp.weights, preprocessing: stamp.preprocessing, isNormalized: false),
            ]
            for (other, word) in zip(others, ["model", "weights", "preprocessing", "embeddings"]) {
                let settings = IndexSettings(stamp: other, source: "other", width: 48, precision: .float16)
                do {
                    _ = try IndexWriter(gallery.index, settings: settings)
                    Issue.record("\(other) was accepted")
                } catch let error as DreamSimError {
                    #expect(error.kind == .incompatible && error.reason.contains(word), "\(error)")
                }
            }
            #expect(try Self.kind { _ = try gallery.writer(.float32) } == .incompatible)
        }
    }

    @Test(
        "A file of vectors that is cut short is refused by readers and made whole by the next update", arguments: 0..<3)
    func truncated(row: Int) async throws {
        try await Gallery.with(8) { gallery in
            try gallery.update()
            let sound = Set(try gallery.dump().map { $0.split(separator: " ", maxSplits: 1)[1] }.map(Self.withoutRow))
            let file = try gallery.vectorsFile()
            try Self.change(file) { $0.removeLast(row * 96 + 1) }
            #expect(try Self.kind { _ = try IndexReader(gallery.index) } == .damaged)
            let writer = try gallery.writer()
            #expect(writer.notes.count == 1)
            let report = try writer.update([ImagePath(gallery.images.path)], with: gallery.model)
            #expect(report.added == row + 1)
            let repaired = Set(
                try gallery.dump().map { $0.split(separator: " ", maxSplits: 1)[1] }.map(Self.withoutRow))
            #expect(repaired == sound)
        }
    }

    @Test(
        "A file of vectors that is cut short while it is mapped is damaged to all that read it, and ends no process",
        arguments: [4096, 3 * 4096, -1])
    func truncatedWhileMapped(length: Int) throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(60, of: 10)) { index in
            let names = try FileManager.default.contentsOfDirectory(atPath: index.url.path)
            let file = index.url.appending(path: try #require(names.first { $0.hasSuffix(".bin") }))
            let sound = try Data(contentsOf: file)
            let query = [SearchQuery(vector: SyntheticIndex.clouds(60, of: 10)[599])]
            let reader = try index.reader
            try reader.buildNeighbors()
            let uses: [(IndexReader) throws -> Void] = [
                { _ = try $0.search(query, count: 3) }, { _ = try $0.search(query, count: 3, method: .approximate()) },
                {
                    _ = try $0.duplicates(
                        DuplicateOptions(tier: .near, thresholds: DuplicateThresholds(nil, near: 0.1)))
                },
                { _ = try $0.clusters() }, { _ = try $0.map() }, { _ = try $0.buildNeighbors() },
                { _ = try $0.typicalDistance() }, { _ = try $0.pairs(of: [0, 599], within: 2) },
            ]
            for (number, use) in uses.enumerated() {
                try sound.write(to: file)
                let reader = try index.reader
                try use(reader)
                #expect(truncate(file.path, off_t(length < 0 ? sound.count + length : length)) == 0)
                #expect(try Self.kind { try use(reader) } == .damaged, "\(number)")
            }
            // A writer cuts off what was never committed: readers do not miss it.
            try (sound + Data(repeating: 1, count: 9000)).write(to: file)
            let longer = try index.reader
            #expect(truncate(file.path, off_t(sound.count)) == 0)
            #expect(try longer.search(query, count: 3)[0].count == 3)
        }
    }

    private static func withoutRow(_ text: Substring) -> String { String(text.replacing(/row: \d+/, with: "")) }

    @Test("Bytes behind the committed vectors do not count and are overwritten")
    func unfinishedBatch() async throws {
        try await Gallery.with(5) { gallery in
            try gallery.update()
            let sound = try gallery.dump()
            let file = try gallery.vectorsFile()
            try Self.change(file) { $0.append(Data(repeating: 0xAB, count: 300)) }
            #expect(try gallery.dump() == sound)
            try Gallery.image(99).write(to: gallery.image("z.png"))
            try gallery.update()
            #expect(try Array(gallery.dump().prefix(5)) == sound)
            #expect(try gallery.dump().count == 6)
        }
    }

    @Test("A flipped bit in a vector is noticed, and mended by verifying", arguments: [0, 47, 95])
    func flippedVector(byte: Int) async throws {
        try await Gallery.with(5) { gallery in
            try gallery.update()
            let file = try gallery.vectorsFile()
            try Self.change(file) { $0[$0.count - 96 + byte] ^= 4 }
            #expect(try Self.kind { _ = try gallery.dump() } == .damaged)
            let writer = try gallery.writer()
            #expect(try writer.verify() == 1)
            #expect(try writer.update([ImagePath(gallery.images.path)], with: gallery.model).added == 1)
            #expect(try writer.verify() == 0)
            #expect(try gallery.dump().count == 5)
        }
    }

    @Test("A damaged header is refused", arguments: [0, 17, 25, 60, 200])
    func flippedHeader(byte: Int) async throws {
        try await Gallery.with(2) { gallery in
            try gallery.update()
            try Self.change(try gallery.vectorsFile()) { $0[byte] ^= 0x10 }
            let kinds: [DreamSimError.Kind?] = [.damaged, .newerVersion]
            #expect(kinds.contains(try Self.kind { _ = try IndexReader(gallery.index) }))
            #expect(kinds.contains(try Self.kind { _ = try gallery.writer() }))
        }
    }

    @Test("Another index's vectors, none, and an empty file are refused", arguments: 0..<3)
    func foreignVectors(how: Int) async throws {
        try await Gallery.with(4) { gallery in
            try gallery.update()
            let file = try gallery.vectorsFile()
            let mine = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: gallery.index)
            try gallery.update()
            let other = try gallery.vectorsFile()
            try FileManager.default.removeItem(at: other)
            if how == 0 { try mine.write(to: other) }
            if how == 2 { try Data().write(to: other) }
            let expected: DreamSimError.Kind = how == 1 ? .missing : .damaged
            #expect(try Self.kind { _ = try IndexReader(gallery.index) } == expected)
            #expect(try Self.kind { _ = try gallery.writer() } == expected)
        }
    }

    @Test("A damaged database, an emptied one, one of another program and none are refused", arguments: 0..<5)
    func foreignDatabase(how: Int) async throws {
        try await Gallery.with(2) { gallery in
            try gallery.update()
            let file = gallery.index.appending(path: "index.sqlite")
            switch how {
            case 0: try Data(repeating: 65, count: 8192).write(to: file)
            case 1: try Self.change(file) { $0[68] ^= 1 }
            case 2: try Self.change(file) { data in for i in 100..<400 { data[i] = 0xFF } }
            case 3: try Data().write(to: file)
            default: try FileManager.default.removeItem(at: file)
            }
            let kind = try Self.kind { _ = try IndexReader(gallery.index) }
            #expect(kind == (how < 3 ? .damaged : .missing))
            // The vectors beside it are not taken for the leftovers of an index that was never finished.
            #expect(try Self.kind { _ = try gallery.writer() } == .damaged)
            if how == 3 { #expect(try Self.kind { _ = try IndexReader.settings(of: gallery.index) } == .damaged) }
        }
    }

    @Test("A folder that holds other things does not become an index, and a missing one is no index")
    func foreignFolder() async throws {
        try await Gallery.with(2) { (gallery) throws in
            #expect(
                try Self.kind { _ = try IndexWriter(gallery.images, settings: gallery.settings) } == .badRequest)
            #expect(try Self.kind { _ = try IndexReader(gallery.home.appending(path: "none")) } == .missing)
            #expect(try IndexReader.settings(of: gallery.index) == nil)
        }
    }

    @Test("A reader keeps its snapshot while the index changes and is compacted")
    func snapshot() async throws {
        try await Gallery.with(8) { gallery in
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            for number in [0, 3, 4] { try FileManager.default.removeItem(at: gallery.image("\(number).png")) }
            let writer = try gallery.writer()
            #expect(try writer.update([ImagePath(gallery.images.path)], with: gallery.model).dropped == 3)
            let before = try gallery.dump()
            #expect(try writer.compact() == 3 && writer.verify() == 0)
            #expect(try reader.files().count == 8)
            for file in try reader.files() { #expect(try reader.vector(of: file) != nil) }
            #expect(try gallery.dump().map { Self.withoutRow($0[...]) } == before.map { Self.withoutRow($0[...]) })
            #expect(try IndexReader(gallery.index).files().compactMap { $0.content?.row }.sorted() == Array(0..<5))
            #expect(try gallery.vectorsFile().lastPathComponent.hasPrefix("vectors-2-"))
            try Gallery.image(60).write(to: gallery.image("new.png"))
            #expect(try writer.update([ImagePath(gallery.images.path)], with: gallery.model).images == 6)
            #expect(try writer.verify() == 0)
        }
    }
}

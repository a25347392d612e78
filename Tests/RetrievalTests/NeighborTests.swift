import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("The nearest-neighbor graph")
struct NeighborTests {
    private static func query(_ vector: [Float]) -> SearchQuery { SearchQuery(vector: vector) }

    @Test("Approximate searches find nearly all, with exact distances", arguments: [VectorPrecision.float16, .float32])
    func recall(precision: VectorPrecision) throws {
        try Fixtures.withTemporaryFolder { home in
            let url = home.appending(path: "index")
            try SearchBenchmark.make(url, vectors: 4000, width: 72, precision: precision, kind: .subjects)
            let reader = try IndexReader(url)
            #expect(try reader.neighbors() == nil)
            #expect(try StoreTests.kind { _ = try reader.measureRecall() } == .missing)
            let built = try #require(try reader.buildNeighbors())
            #expect(built.vectors == 4000 && built.newer == 0 && built.links == 16)
            try reader.verifyNeighbors()
            let report = try reader.measureRecall(queries: 200, count: 10)
            #expect(report.recall >= 0.98 && report.queries == 200, "\(report)")
            // With next to no effort much is missed: the measure can fail.
            #expect(try reader.measureRecall(queries: 200, count: 1, effort: 1).recall < 1)
            let files = try reader.files()
            let queries = try stride(from: 0, to: 4000, by: 500).map {
                Self.query(try #require(try reader.vector(of: files[$0])))
            }
            let exact = try reader.search(queries, count: 12)
            let found = try reader.search(queries, count: 12, method: .approximate())
            for (hits, others) in zip(exact, found) {
                let distances = Dictionary(uniqueKeysWithValues: hits.map { ($0.file.path, $0.distance) })
                #expect(others.count == 12 && others.map(\.distance) == others.map(\.distance).sorted())
                #expect(others.count { distances[$0.file.path] == $0.distance } >= 11)
            }
        }
    }

    @Test("Equal vectors hide nothing: all are found, and so is what lies around them", arguments: [200, 2000])
    func equalVectors(equal: Int) throws {
        let clouds = SyntheticIndex.clouds(3000, of: 1)
        let vectors = (0..<3000).map { clouds[$0 < equal ? 0 : $0] }
        try SyntheticIndex.with(vectors) { index in
            let reader = try index.reader
            let built = try #require(try reader.buildNeighbors())
            #expect(built.vectors == 3000)
            try reader.verifyNeighbors()
            let report = try reader.measureRecall(queries: 300, count: 10)
            #expect(report.recall >= 0.995 && report.worst >= 0.5, "\(report)")
            for (number, count) in [(0, equal + 7), (equal, 30), (2999, 2999)] {
                let query = [Self.query(vectors[number])]
                let exact = try reader.search(query, count: count)[0]
                let found = try reader.search(query, count: count, method: .approximate())[0]
                #expect(found.count == count)
                let missed = Set(exact.map(\.file.path)).subtracting(found.map(\.file.path))
                #expect(missed.count <= count / 50, "\(number): \(missed.count) of \(count)")
            }
            // One of the equal rows stands for the others, and need not itself be wanted.
            try index.remove(0..<10)
            let rest = try index.reader
            let hits = try rest.search([Self.query(vectors[0])], count: equal - 10, method: .approximate())[0]
            #expect(hits.count == equal - 10 && hits.allSatisfy { $0.distance < 1e-6 })
            try rest.buildNeighbors()
            #expect(try rest.neighbors()?.vectors == 2990)
        }
    }

    @Test("All of a small index is found, down to one image", arguments: [1, 2, 3, 40])
    func small(count: Int) throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(count, of: 1)) { index in
            let reader = try index.reader
            try reader.buildNeighbors()
            for method in [SearchMethod.exact, .approximate(effort: 1)] {
                let hits = try reader.search(
                    [Self.query(SyntheticIndex.clouds(count, of: 1)[0])], count: 50, method: method)
                #expect(hits[0].count == count && hits[0][0].distance < 1e-6)
            }
        }
    }

    @Test("What came later is found too; what is gone is not; a compacted index wants a new graph")
    func changes() async throws {
        try await Gallery.with(40) { gallery in
            try gallery.update()
            try IndexReader(gallery.index).buildNeighbors()
            try Gallery.image(77).write(to: gallery.image("new.png"))
            for number in 5..<10 { try FileManager.default.removeItem(at: gallery.image("\(number).png")) }
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            #expect(try reader.neighbors()?.newer == 1)
            let query = Self.query(gallery.model.embed(Gallery.image(77)).values)
            let exact = try reader.search([query], count: 100)[0].map(\.file.path)
            let found = try reader.search([query], count: 100, method: .approximate())[0].map(\.file.path)
            #expect(exact == found && found.count == 36 && found[0].name == "new.png")
            try gallery.writer().compact()
            let compacted = try IndexReader(gallery.index)
            #expect(
                try StoreTests.kind { _ = try compacted.search([query], count: 3, method: .approximate()) }
                    == .incompatible)
            #expect(try compacted.search([query], count: 3)[0].map(\.file.path) == Array(exact.prefix(3)))
            #expect(try compacted.check().faults.count == 1)
            try compacted.buildNeighbors()
            #expect(try compacted.search([query], count: 100, method: .approximate())[0].map(\.file.path) == exact)
        }
    }

    @Test("A filter holds for approximate searches, narrow and wide")
    func filtered() async throws {
        try await Gallery.with(60) { gallery in
            let deep = gallery.image("deep")
            try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
            for seed in 60..<64 { try Gallery.image(UInt64(seed)).write(to: deep.appending(path: "\(seed).png")) }
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            try reader.buildNeighbors()
            let query = Self.query(gallery.model.embed(Gallery.image(1)).values)
            for folder in [deep, gallery.images] {
                var filter = SearchFilter()
                filter.folders = [ImagePath(folder.path)]
                let exact = try reader.search([query], count: 8, filter: filter)[0].map(\.file.path)
                let hits = try reader.search([query], count: 8, filter: filter, method: .approximate())[0]
                let found = hits.map(\.file.path)
                #expect(exact == found && !found.isEmpty)
            }
        }
    }

    @Test("A graph that is cut short, longer, changed or another index's is refused; exact searches continue")
    func hostile() throws {
        let vectors = SyntheticIndex.clouds(30, of: 20)
        try SyntheticIndex.with(vectors) { index in
            let reader = try index.reader
            try reader.buildNeighbors()
            let sound = try Data(contentsOf: index.graph)
            func refused(_ data: Data, _ what: String) throws {
                try data.write(to: index.graph)
                do {
                    try reader.verifyNeighbors()
                    Issue.record("\(what) was accepted")
                } catch let error as DreamSimError {
                    let kinds: [DreamSimError.Kind] = [.damaged, .newerVersion, .incompatible, .unreadable]
                    #expect(kinds.contains(error.kind), "\(what): \(error)")
                    let advises = error.reason.contains("build the nearest-neighbor graph")
                    #expect(error.kind == .newerVersion || advises, "\(what): \(error)")
                }
                // Whatever the links say, nothing outside the file is read, and no distance is wrong.
                let hits = try? reader.search([Self.query(vectors[7])], count: 3, method: .approximate())[0]
                for hit in hits ?? [] {
                    let other = vectors[SyntheticIndex.number(hit.file.path)]
                    #expect(abs(hit.distance - Embedding.cosineDistance(vectors[7], other)) < 1e-6)
                }
                #expect(try reader.search([Self.query(vectors[7])], count: 1)[0][0].distance < 1e-6)
                #expect(try reader.check().faults.count == 1)
            }
            for length in [0, 10, 4095, 4096, sound.count / 2, sound.count - 1] {
                try refused(sound.prefix(length), "\(length) bytes")
            }
            try refused(sound + [0], "a byte more")
            // The spaces that fill up the header mean nothing.
            let header = (0..<400).filter { sound[$0] != UInt8(ascii: " ") && sound[$0] != UInt8(ascii: "\n") }
            var generator = SeededGenerator(state: 1)
            let places = (0..<60).map { _ in Int.random(in: 4096..<sound.count, using: &generator) }
            for place in header.prefix(120) + places + [sound.count - 1, sound.count - 5] {
                var changed = sound
                changed[place] ^= 1 << UInt8(place % 8)
                try refused(changed, "byte \(place)")
            }
            try SyntheticIndex.with(vectors) { other in
                try other.reader.buildNeighbors()
                try refused(try Data(contentsOf: other.graph), "another index's graph")
            }
            #expect(try reader.deleteNeighbors() && !reader.deleteNeighbors())
            try reader.buildNeighbors()
            try reader.verifyNeighbors()
        }
    }

    @Test("A graph does not outlive vectors that were lost")
    func lostVectors() async throws {
        try await Gallery.with(12) { gallery in
            try gallery.update()
            try IndexReader(gallery.index).buildNeighbors()
            try StoreTests.change(try gallery.vectorsFile()) { $0.removeLast(200) }
            try gallery.update()
            #expect(try IndexReader(gallery.index).neighbors() == nil)
        }
    }

    @Test("Options out of range and an empty index are refused; a cancelled build leaves nothing")
    func refusals() throws {
        try SyntheticIndex.with(SyntheticIndex.clouds(3, of: 2)) { index in
            let reader = try index.reader
            for (links, effort) in [(1, 100), (257, 1000), (16, 15), (16, 100_001)] {
                var options = NeighborOptions()
                (options.links, options.effort) = (links, effort)
                #expect(try StoreTests.kind { _ = try reader.buildNeighbors(options) } == .badRequest)
            }
            #expect(try reader.buildNeighbors(isCancelled: { true }) == nil)
            #expect(!FileManager.default.fileExists(atPath: index.graph.path))
        }
        try Fixtures.withTemporaryFolder { home in
            let url = home.appending(path: "empty")
            _ = try IndexWriter(url, settings: SyntheticIndex.settings(4))
            #expect(try StoreTests.kind { _ = try IndexReader(url).buildNeighbors() } == .badRequest)
        }
    }

    @Test("Duplicates by the graph are those by comparing all with all")
    func duplicates() throws {
        var vectors = SyntheticIndex.clouds(200, of: 1)
        // Copies of some, and fifty of one, more than are looked at in the first round.
        for number in 0..<20 { vectors.append(vectors[number].map { $0 + 1e-4 }) }
        for _ in 0..<50 { vectors.append(vectors[100]) }
        try SyntheticIndex.with(vectors) { index in
            let reader = try index.reader
            try reader.buildNeighbors()
            var options = DuplicateOptions(
                tier: .near, thresholds: try DuplicateThresholds(nil, near: 1e-4, scene: 1e-3))
            func groups(_ isApproximate: Bool) throws -> [[ImagePath]] {
                options.isApproximate = isApproximate
                let report = try reader.duplicates(options)
                #expect(report.method == (isApproximate ? .approximate() : .exact))
                return report.groups.map { $0.files.map(\.image) }
            }
            let exact = try groups(false)
            #expect(exact.count == 21 && exact.map(\.count).max() == 51)
            #expect(try groups(true) == exact)
        }
    }
}

import DreamSim
import DreamSimRetrieval
import Foundation
import TestSupport
import Testing

@Suite("Searching")
struct SearchTests {
    /// Distances from an image to all files of the index, computed one by one.
    static func plain(_ gallery: Gallery, _ reader: IndexReader, _ query: [Float]) throws -> [(ImagePath, Double)] {
        try reader.files().compactMap { file in
            try reader.vector(of: file).map { (file.path, Embedding.cosineDistance(query, $0)) }
        }.sorted { ($0.1, $0.0.description) < ($1.1, $1.0.description) }
    }

    @Test(
        "Search finds exactly what comparing one by one finds", arguments: [1, 3, 40],
        [VectorPrecision.float16, .float32])
    func exact(count: Int, precision: VectorPrecision) async throws {
        try await Gallery.with(60, broken: 20) { gallery in
            _ = try gallery.writer(precision).update([ImagePath(gallery.images.path)], with: gallery.model)
            let reader = try IndexReader(gallery.index)
            let queries = (100..<112).map { gallery.model.embed(Gallery.image($0)).values }
            for chosen in [Array(queries.prefix(1)), queries] {
                let found = try reader.search(chosen.map { SearchQuery(vector: $0) }, count: count)
                #expect(found.count == chosen.count)
                for (query, hits) in zip(chosen, found) {
                    let expected = try Self.plain(gallery, reader, query).prefix(count)
                    #expect(hits.map(\.file.path) == expected.map(\.0))
                    for (hit, other) in zip(hits, expected) { #expect(abs(hit.distance - other.1) < 1e-9) }
                }
            }
        }
    }

    @Test("Queries come from files, memory and numbers; the model is loaded only for what is new")
    func sources() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let model = try await Gallery.tinyModel(home)
        let images = home.appending(path: "images")
        try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
        for seed in 0..<5 { try Gallery.image(UInt64(seed)).write(to: images.appending(path: "\(seed).png")) }
        let copy = images.appending(path: "copy.png")
        try FileManager.default.copyItem(at: images.appending(path: "2.png"), to: copy)
        let index = home.appending(path: "index")
        _ = try IndexWriter(index, settings: IndexSettings(model, source: "tiny")).update(
            [ImagePath(images.path)], with: model)
        let reader = try IndexReader(index)
        let file = images.appending(path: "2.png")
        let id = try #require(try reader.files().first { $0.path == ImagePath(file.path) }).id
        struct Loaded: Error {}
        let known = try await reader.queries([
            .file(ImagePath(file.path)), .entry(id), .bytes(Array(Data(contentsOf: file)), name: "x"), .entry(999),
        ]) { throw Loaded() }
        #expect(throws: DreamSimError.self) { try known[3].get() }
        let found = try reader.search(known.prefix(3).map { try $0.get() }, count: 9)
        for hits in found.prefix(2) {
            #expect(hits.count == 5 && hits[0].file.path == ImagePath(copy.path) && hits[0].distance < 1e-6)
        }
        #expect(found[2].count == 6)
        let outside = home.appending(path: "new.png")
        try Gallery.image(2, width: 44).write(to: outside)
        await #expect(throws: Loaded.self) {
            _ = try await reader.queries([.file(ImagePath(outside.path))]) { throw Loaded() }
        }
        let fresh = try await reader.queries([.file(ImagePath(outside.path)), .file(ImagePath("/no/such.png"))]) {
            model
        }
        #expect(throws: DreamSimError.self) { try fresh[1].get() }
        #expect(try reader.search([fresh[0].get()], count: 1)[0].count == 1)
        let other = try await Gallery.tinyModel(home, isNormalized: false)
        await #expect(throws: DreamSimError.self) {
            _ = try await reader.queries([.file(ImagePath(outside.path))]) { other }
        }
    }

    @Test("Filters by folder, date, size and side hold for every result")
    func filters() async throws {
        try await Gallery.with(4) { gallery in
            let deep = gallery.image("deep")
            try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
            try Gallery.image(50, width: 200, height: 100).write(to: deep.appending(path: "large.png"))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: gallery.image("1.png").path)
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            let query = SearchQuery(vector: gallery.model.embed(Gallery.image(9)).values)
            func names(_ change: (inout SearchFilter) -> Void) throws -> Set<String> {
                var filter = SearchFilter()
                change(&filter)
                return Set(try reader.search([query], count: 10, filter: filter)[0].map(\.file.path.name))
            }
            #expect(try names { _ in } == ["0.png", "1.png", "2.png", "3.png", "large.png"])
            #expect(try names { $0.folders = [ImagePath(deep.path)] } == ["large.png"])
            #expect(try names { $0.modifiedBefore = Date(timeIntervalSince1970: 1.1e9) } == ["1.png"])
            #expect(try names { $0.modifiedSince = Date(timeIntervalSince1970: 1.1e9) }.count == 4)
            #expect(try names { $0.minimumSide = 100 } == ["large.png"])
            let size = try #require(try reader.files().first { $0.path.name == "large.png" }).size
            #expect(try names { $0.minimumSize = size } == ["large.png"])
            #expect(try names { $0.maximumSize = size - 1 }.count == 4)
            #expect(
                try names {
                    ($0.folders, $0.maximumSize) = ([ImagePath(deep.path)], 1)
                }.isEmpty)
        }
    }

    @Test(
        "A vector that became NaN is an error to all that compares it, and none when no image has it any more",
        arguments: [VectorPrecision.float16, .float32])
    func notFinite(precision: VectorPrecision) throws {
        let vectors = SyntheticIndex.clouds(30, of: 10)
        try SyntheticIndex.with(vectors, precision) { index in
            try index.reader.buildNeighbors()
            let names = try FileManager.default.contentsOfDirectory(atPath: index.url.path)
            let file = index.url.appending(path: try #require(names.first { $0.hasSuffix(".bin") }))
            let rowBytes = 24 * (precision == .float16 ? 2 : 4)
            try StoreTests.change(file) { data in
                let start = data.count - (vectors.count - 7) * rowBytes
                for place in start..<(start + 4) { data[place] = 0xFF }
            }
            let query = [SearchQuery(vector: vectors[7])]
            let uses: [(IndexReader) throws -> Void] = [
                { _ = try $0.search(query, count: 3) }, { _ = try $0.search(query, count: 3, method: .approximate()) },
                {
                    _ = try $0.duplicates(
                        DuplicateOptions(tier: .near, thresholds: DuplicateThresholds(nil, near: 0.1)))
                },
                { _ = try $0.clusters() }, { _ = try $0.map() }, { _ = try $0.pairs(of: [7, 8], within: 2) },
            ]
            let reader = try index.reader
            for (number, use) in uses.enumerated() {
                #expect(try StoreTests.kind { try use(reader) } == .damaged, "\(number)")
            }
            let error = #expect(throws: DreamSimError.self) { try reader.search(query, count: 3) }
            #expect(error?.remedy?.hasPrefix("check the index") == true)
            #expect(try reader.check().damaged == 1)
            try index.remove(7..<8)
            let rest = try index.reader
            for method in [SearchMethod.exact, .approximate()] {
                #expect(try rest.search(query, count: 3, method: method)[0].count == 3)
            }
        }
    }

    @Test("Several wanted and unwanted images become one direction")
    func combining() async throws {
        try await Gallery.with(0) { gallery in
            let (a, b, c) = (
                SearchQuery(vector: [2, 0, 0], excluded: [ImagePath("a")]), SearchQuery(vector: [0, 3, 0]),
                SearchQuery(vector: [0, 0, 1], excluded: [ImagePath("c")])
            )
            let query = try SearchQuery.combining([a, b], unlike: [c], weight: 0.5)
            #expect(query.vector == [0.5, 0.5, -0.5] && query.excluded == [ImagePath("a"), ImagePath("c")])
            #expect(throws: DreamSimError.self) { try SearchQuery.combining([a], unlike: [a], weight: 1) }
            #expect(throws: DreamSimError.self) { try SearchQuery.combining([]) }
        }
    }

    @Test("Dropped files are not found, before and after compaction; bad queries are refused")
    func dropped() async throws {
        try await Gallery.with(5) { gallery in
            try gallery.update()
            try FileManager.default.removeItem(at: gallery.image("2.png"))
            try gallery.update()
            let query = SearchQuery(vector: gallery.model.embed(Gallery.image(2)).values)
            for _ in 0..<2 {
                let reader = try IndexReader(gallery.index)
                let names = try reader.search([query], count: 5)[0].map(\.file.path.name)
                #expect(Set(names) == ["0.png", "1.png", "3.png", "4.png"])
                #expect(throws: DreamSimError.self) { try reader.search([SearchQuery(vector: [1])], count: 1) }
                #expect(throws: DreamSimError.self) {
                    try reader.search([SearchQuery(vector: Array(repeating: .nan, count: 48))], count: 1)
                }
                #expect(throws: DreamSimError.self) { try reader.search([query], count: 0) }
                try gallery.writer().compact()
            }
        }
    }
}

import DreamSim
import DreamSimSupport
import Foundation
import TestSupport
import Testing

/// Pairs of files, by several metrics at once.
@Suite("Pairs of files")
struct PairComparerTests {
    /// Writes images into a folder and returns their paths.
    static func write(_ images: [Image], to folder: URL) throws -> [ImagePath] {
        try images.enumerated().map { index, image in
            let url = folder.appending(path: "\(index).png")
            try image.write(to: url)
            return ImagePath(url.path)
        }
    }

    static func model(home: URL) async throws -> PerceptualModel {
        let url = try TinyModels.write(TinyModels.json(["dino"]), to: home)
        return try await PerceptualModel.load(url.path, options: TinyModels.options(home: home))
    }

    @Test("Each pair gets the values that it gets alone, whatever is shared and whatever fails between")
    func values() async throws {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let model = try await Self.model(home: home)
        let images = (0..<70).map { TinyModels.image(UInt64($0), width: 40, height: $0 == 5 ? 30 : 50) }
        var files = try Self.write(images, to: home)
        let broken = home.appending(path: "broken.png")
        try Data("no image".utf8).write(to: broken)
        files.append(ImagePath(broken.path))

        // References that come back after more files than are kept, neighbors that share, and pairs of one file.
        var generator = SeededGenerator(state: 1)
        var pairs = (0..<70).map { ImagePair(files[$0 / 10], files[$0]) }
        pairs += (0..<60).map { _ in ImagePair(files.randomElement(using: &generator)!, files[70]) }
        pairs += (0..<60).map { _ in
            ImagePair(files.randomElement(using: &generator)!, files.randomElement(using: &generator)!)
        }
        let metrics: [any PerceptualMetric] = [PixelMetric.mse, model, StructuralSimilarity.wang]
        var seen = 0
        PairComparer(metrics).compare(pairs) { outcome in
            let pair = pairs[seen]
            #expect(outcome.index == seen && outcome.pair == pair)
            seen += 1
            guard let a = files.firstIndex(of: pair.a), let b = files.firstIndex(of: pair.b) else { return }
            if a == 70 || b == 70 {
                guard case .failure(let failure) = outcome.result else {
                    Issue.record("pair \(seen) has values")
                    return
                }
                #expect(failure.image == files[70] && failure.description.contains("broken.png"))
                return
            }
            guard case .success(let results) = outcome.result else {
                Issue.record("pair \(seen) has failed")
                return
            }
            for (metric, result) in zip(metrics, results) {
                let alone = Result { try metric.value(images[a], images[b]) }
                if metric is PerceptualModel {
                    // Batches differ within rounding.
                    #expect(abs(((try? result.get()) ?? .nan) - ((try? alone.get()) ?? .nan)) < 1e-6)
                } else {
                    #expect((try? result.get()) == (try? alone.get()))
                    #expect(((a == 5) != (b == 5)) == ((try? result.get()) == nil))
                }
            }
        }
        #expect(seen == pairs.count)
    }

    @Test("Images are brought to one size when asked, bilinearly and antialiased")
    func resize() throws {
        try Fixtures.withTemporaryFolder { folder in
            let images = [
                TinyModels.image(1, width: 90, height: 70), TinyModels.image(2, width: 60, height: 61),
            ]
            let files = try Self.write(images, to: folder)
            var values: [Double] = []
            try PairComparer([PixelMetric.l1], resize: 32).compare([ImagePair(files[0], files[1])]) { outcome in
                values += try outcome.result.get().map { try $0.get() }
            }
            let squares = images.map { $0.resized(width: 32, height: 32, filter: .bilinear) }
            #expect(values == [try PixelMetric.l1.value(squares[0], squares[1])])
        }
    }

    @Test("An error of the one who takes the outcomes ends the work")
    func stopped() throws {
        try Fixtures.withTemporaryFolder { folder in
            let files = try Self.write([TinyModels.image(1)], to: folder)
            let pairs = [ImagePair](repeating: ImagePair(files[0], files[0]), count: 50)
            var count = 0
            #expect(throws: CancellationError.self) {
                try PairComparer([PixelMetric.mse]).compare(pairs) { _ in
                    count += 1
                    if count == 3 { throw CancellationError() }
                }
            }
            #expect(count == 3)
        }
    }

    static let columns: [MetricColumn] = [
        MetricColumn(PixelMetric.psnr, decoding: .standard, resize: nil),
        MetricColumn(PixelMetric.l1, decoding: .standard, resize: nil),
    ]

    static func outcome(_ index: Int, _ values: [Double?]) -> PairOutcome {
        PairOutcome(
            index: index, pair: ImagePair(ImagePath("r"), ImagePath("\(index)")),
            result: .success(
                values.map { value in
                    value.map { .success($0) }
                        ?? .failure(PairFailure(image: nil, error: DreamSimError(.missing, "x", "none")))
                }), warnings: [])
    }

    @Test("Ranks go by each metric's own direction; equal values share a place; what has no value comes last")
    func ranks() throws {
        let outcomes = [
            Self.outcome(0, [20, 0.2]), Self.outcome(1, [.infinity, 0]), Self.outcome(2, [nil, 0.1]),
            Self.outcome(3, [30, 0.2]), Self.outcome(4, [.nan, 0.3]), Self.outcome(5, [nil, nil]),
        ]
        let report = try ComparisonReport(
            reference: ImagePath("r"), metrics: Self.columns, outcomes: outcomes)
        #expect(report.rankedBy == "psnr")
        #expect(report.results.map { "\($0.image)" } == ["1", "3", "0", "4", "2"])
        #expect(report.results.map(\.rank) == [1, 2, 3, 4, nil])
        #expect(report.results.map { $0.ranks["l1"] } == [1, 3, 3, 5, 2])
        #expect(report.results[4].errors == ["psnr": "x: none"])
        #expect(report.failures.map { "\($0.image)" } == ["5"])
        let other = try ComparisonReport(
            reference: ImagePath("r"), metrics: Self.columns, rankedBy: "l1", outcomes: outcomes)
        #expect(other.results.map { "\($0.image)" } == ["1", "2", "0", "3", "4"])
        #expect(throws: DreamSimError.self) {
            try ComparisonReport(
                reference: ImagePath("r"), metrics: Self.columns, rankedBy: "ssim", outcomes: outcomes)
        }
    }
}

/// Tables of pairs and folders whose images are paired by name.
@Suite("Tables of pairs and folders by name")
struct PairTableTests {
    static func table(_ text: String, path: String = "/data/pairs.csv") throws -> PairTable {
        try PairTable(Array(text.utf8), path: ImagePath(path))
    }

    static func paths(_ row: PairTable.Row) -> [String] {
        (try? row.pair.get()).map { ["\($0.a)", "\($0.b)"] } ?? []
    }

    @Test("Columns are found by name, quoted fields are unquoted, and relative paths begin at the table")
    func fields() throws {
        let table = try Self.table("id,B , A\n1,\"x, \"\"y\"\".png\",/z.png\n\n2,u.png,v.png")
        #expect(table.count == 2 && table.columns == ["id", "B ", " A"])
        #expect(Self.paths(table[0]) == ["/z.png", "/data/x, \"y\".png"])
        #expect(Self.paths(table[1]) == ["/data/v.png", "/data/u.png"])
        #expect(table[1].line == 4 && table[0].fields[0] == "1")
        #expect(Self.paths(try Self.table("a,b\nx,y", path: "p.csv")[0]) == ["x", "y"])
    }

    @Test("Line ends of every system, a byte order mark, semicolons and tabs", arguments: ["\n", "\r\n", "\r"])
    func dialects(end: String) throws {
        for separator in [",", ";", "\t"] {
            let text = "\u{FEFF}a\(separator)b\(separator)c\(end)x\(separator)\"y\(end)z\"\(separator)1\(end)"
            let table = try Self.table(text)
            #expect(table.count == 1 && table.columns == ["a", "b", "c"])
            let pair = try table[0].pair.get()
            #expect(pair.a == ImagePath("/data/x") && pair.b == ImagePath("/data/y\(end)z"))
        }
    }

    @Test(
        "A broken row is its own failure, with its line",
        arguments: [
            ("a,b\nx\nu,v", 0, "1 fields"), ("a,b\nu,v\nx,y,z", 1, "3 fields"), ("a,b\n,y", 0, "column a"),
            ("a,b\nx,", 0, "column b"), ("a,b\nu,v\nx,\"y", 1, "quotation"), ("a,b\n\"x\"y,z\nu,v", 0, "text follows"),
        ])
    func brokenRows(text: String, index: Int, mention: String) throws {
        let table = try Self.table(text)
        for row in 0..<table.count where row != index { #expect(Self.paths(table[row]) == ["/data/u", "/data/v"]) }
        guard case .failure(let failure) = table[index].pair else {
            Issue.record("row \(index) is a pair")
            return
        }
        #expect(failure.description.contains(mention) && failure.description.contains("line \(index + 2)"))
    }

    @Test("A table without its columns is refused", arguments: ["", "\n\n", "x,y\n1,2", "\u{FEFF}"])
    func refused(text: String) throws {
        let error = #expect(throws: DreamSimError.self) { try Self.table(text) }
        #expect(error?.kind == .badTable)
    }

    @Test("Names that are not UTF-8 stay the bytes that they are")
    func foreignNames() throws {
        let table = try PairTable(Array("a,b\n".utf8) + [0xE9, 0x2C, 0x78], path: ImagePath("t.csv"))
        #expect(try table[0].pair.get().a.bytes == [0xE9])
    }

    @Test("Images of the same name are paired whatever their extension, and the rest is named")
    func folders() throws {
        try Fixtures.withTemporaryFolder { root in
            let image = DrawnImages.flat(2, 2, 9)
            for name in [
                "a/x.png", "a/in/y.png", "a/in/y.jpg", "a/only.png", "a/two.png", "a/two.jpg", "a/.hidden.png",
                "b/x.jpg", "b/in/y.png", "b/in/y.webp", "b/in/only.png", "b/two.webp", "b/.hidden.png",
            ] {
                let url = root.appending(path: name)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(image.pixels).write(to: url)
            }
            let folders = FolderPairs(
                ImagePath(root.path + "/a/"), ImagePath(root.path + "/b"), unreadable: { _, _ in })
            func short(_ path: ImagePath) -> String { String("\(path)".dropFirst(root.path.count + 1)) }
            #expect(
                folders.pairs.map { "\(short($0.a)) \(short($0.b))" } == [
                    "a/in/y.jpg b/in/y.webp", "a/in/y.png b/in/y.png", "a/x.png b/x.jpg",
                ])
            #expect(
                folders.unpaired.map { short($0.image) } == [
                    "a/only.png", "a/two.jpg", "a/two.png", "b/in/only.png", "b/two.webp",
                ])
            #expect(folders.unpaired.map(\.isOfFirst) == [true, true, true, false, false])
        }
    }

    @Test("A name with a composed letter and one with two signs for it are partners, after those that are equal")
    func spellings() throws {
        try Fixtures.withTemporaryFolder { root in
            for name in ["a/M\u{FC}ller.png", "b/Mu\u{308}ller.png"] {
                let url = root.appending(path: name)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data("image".utf8).write(to: url)
            }
            let folders = FolderPairs(ImagePath(root.path + "/a"), ImagePath(root.path + "/b"), unreadable: { _, _ in })
            #expect(folders.pairs.count == 1 && folders.unpaired.isEmpty)
        }
    }
}

import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation
import TestSupport
import Testing

@Suite("Duplicates")
struct DuplicateTests {
    static func pair(_ a: Int32, _ b: Int32, _ distance: Double) -> RowPair {
        RowPair(first: min(a, b), second: max(a, b), distance: distance)
    }

    @Test("What is near the kept image joins it, and nothing chains further")
    func chain() {
        let near = Neighbors([Self.pair(0, 1, 0.1), Self.pair(1, 2, 0.2), Self.pair(3, 4, 0.3)])
        #expect(KeptGroups(of: [0, 1, 2, 3, 4], near).groups == [[0, 1], [3, 4]])
        #expect(KeptGroups(of: [1, 4, 2, 0, 3], near).groups == [[1, 2, 0], [4, 3]])
        // Closer to a kept image that came later.
        let between = Neighbors([Self.pair(0, 1, 0.2), Self.pair(1, 2, 0.1)])
        #expect(KeptGroups(of: [0, 2, 1], between).groups == [[2, 1]])
        #expect(KeptGroups(of: [], Neighbors([])).groups.isEmpty)
    }

    @Test(
        "All are near the image that is kept, no two of these are near each other, and none is forgotten",
        arguments: 0..<20)
    func kept(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        let points = (0..<60).map { _ in Double.random(in: 0...10, using: &generator) }
        let pairs = (0..<60).flatMap { a in
            ((a + 1)..<60).compactMap { b in
                let distance = abs(points[a] - points[b])
                return distance <= 1 ? Self.pair(Int32(a), Int32(b), distance) : nil
            }
        }.shuffled(using: &generator)
        let order = (0..<Int32(60)).shuffled(using: &generator)
        let groups = KeptGroups(of: order, Neighbors(pairs)).groups
        func isNear(_ a: Int32, _ b: Int32) -> Bool { abs(points[Int(a)] - points[Int(b)]) <= 1 }
        #expect(groups.allSatisfy { group in group.allSatisfy { isNear($0, group[0]) } })
        let kept = groups.map { $0[0] }
        for (place, a) in kept.enumerated() { #expect(!kept[(place + 1)...].contains { isNear(a, $0) }) }
        let grouped = Set(groups.joined())
        #expect(grouped.count == groups.joined().count)
        for row in order where !grouped.contains(row) { #expect(!kept.contains { isNear($0, row) }) }
        // The kept image is the best of its group.
        #expect(groups.allSatisfy { group in order.first { group.contains($0) } == group[0] })
    }

    @Test("All pairs of blocks are the pairs that comparing one by one finds", arguments: [3, 600, 1300])
    func allPairs(count: Int) throws {
        try Fixtures.withTemporaryFolder { home in
            let index = home.appending(path: "i")
            try SearchBenchmark.make(index, vectors: count, width: 8, precision: .float16)
            let reader = try IndexReader(index)
            let vectors = try reader.files().map { try #require(try reader.vector(of: $0)) }
            let rows = (0..<Int32(count)).filter { $0 % 7 != 3 }
            let found = try reader.pairs(of: rows, within: 0.15)
            var expected: [RowPair] = []
            for (place, a) in rows.enumerated() {
                for b in rows[(place + 1)...] {
                    let distance = Embedding.cosineDistance(vectors[Int(a)], vectors[Int(b)])
                    if distance <= 0.15 { expected.append(Self.pair(a, b, distance)) }
                }
            }
            #expect(Set(found) == Set(expected) && found == found.sorted(by: RowPair.precedes))
            #expect(count < 100 || expected.count > 50)
        }
    }

    /// Images: 0 to 3, a copy of 0, the pixels of 1 in another format, 2 as a JPEG and half as large.
    static func with(_ body: (Gallery) throws -> Void) async throws {
        try await Gallery.with(4) { gallery in
            try FileManager.default.copyItem(at: gallery.image("0.png"), to: gallery.image("copy.png"))
            try bitmap(Gallery.image(1)).write(to: gallery.image("other.bmp"))
            try Gallery.image(2).write(to: gallery.image("jpeg.jpg"), quality: 95)
            try Gallery.image(3).fitted(width: 20, height: 15, fit: .stretch).write(to: gallery.image("small.png"))
            try gallery.update()
            try body(gallery)
        }
    }

    private static func bitmap(_ image: Image) -> Data {
        func number(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(value >> (8 * $0) & 255) } }
        let row = (image.width * 3 + 3) / 4 * 4
        var bytes: [UInt8] = [0x42, 0x4D] + number(54 + row * image.height, 4) + number(0, 4) + number(54, 4)
        bytes += number(40, 4) + number(image.width, 4) + number(image.height, 4) + number(1, 2) + number(24, 2)
        bytes += number(0, 24)
        for y in (0..<image.height).reversed() {
            for x in 0..<image.width {
                let color = image[x, y]
                bytes += [color.blue, color.green, color.red]
            }
            bytes += Array(repeating: 0, count: row - image.width * 3)
        }
        return Data(bytes)
    }

    static func names(_ report: DuplicateReport) -> [[String]] { report.groups.map { $0.files.map(\.image.name) } }

    @Test("Tiers: the same bytes, the same pixels, and by the model's distance where one is chosen")
    func tiers() async throws {
        try await Self.with { gallery in
            let reader = try IndexReader(gallery.index)
            func report(_ tier: DuplicateTier, _ thresholds: DuplicateThresholds) throws -> DuplicateReport {
                try reader.duplicates(DuplicateOptions(tier: tier, thresholds: thresholds))
            }
            let none = try DuplicateThresholds(nil)
            #expect(try Self.names(report(.identicalBytes, none)) == [["0.png", "copy.png"]])
            let pixels = try report(.identicalPixels, none)
            #expect(Self.names(pixels) == [["0.png", "copy.png"], ["other.bmp", "1.png"]])
            #expect(pixels.groups[1].files[1].tier == .identicalPixels && pixels.groups[1].diameter == 0)
            #expect(pixels.groups.map { $0.files.map(\.evidence) } == [[nil, .bytes], [nil, .pixels]])
            #expect(pixels.duplicates == 2 && pixels.images == 8)
            let all = try report(.scene, DuplicateThresholds(nil, near: 2))
            #expect(all.groups.count == 1 && all.groups[0].files.count == 8)
            #expect(all.groups[0].pairs?.count == 28)
            #expect(all.groups[0].files.dropFirst().allSatisfy { ($0.hash == nil) == ($0.evidence != .hash) })
            #expect(try StoreTests.kind { _ = try report(.scene, none) } == .badRequest)
            for (near, scene) in [(0.2, 0.1), (.nan, 0.1), (0.1, 3)] {
                #expect(throws: DreamSimError.self) { try DuplicateThresholds(nil, near: near, scene: scene) }
            }
        }
    }

    @Test("What comes first by a rule is kept, and the standard rules decide where it does not")
    func keepRules() async throws {
        try await Self.with { gallery in
            let reader = try IndexReader(gallery.index)
            let files = try reader.files()
            for rule in KeepRule.allCases {
                var options = DuplicateOptions(tier: .scene, thresholds: try DuplicateThresholds(nil, near: 2))
                options.keep = [rule]
                let report = try reader.duplicates(options)
                let kept = try #require(files.first { $0.path == report.groups[0].keep })
                #expect(files.allSatisfy { rule.prefers($0, to: kept) != true }, "\(rule): \(kept.path.name)")
                #expect(report.rules.first == rule.text && report.rules.count == Set(report.rules).count)
            }
        }
    }

    @Test("Links are known as links: no copies, never offered, never moved")
    func links() async throws {
        try await Gallery.with(2) { gallery in
            let manager = FileManager.default
            try manager.linkItem(at: gallery.image("0.png"), to: gallery.image("hard.png"))
            try manager.createSymbolicLink(at: gallery.image("z.png"), withDestinationURL: gallery.image("1.png"))
            try manager.createSymbolicLink(at: gallery.image("s.png"), withDestinationURL: gallery.image("1.png"))
            try gallery.update()
            let options = DuplicateOptions(tier: .identicalPixels, thresholds: try DuplicateThresholds(nil))
            #expect(try IndexReader(gallery.index).duplicates(options).groups.isEmpty)
            try manager.copyItem(at: gallery.image("0.png"), to: gallery.image("copied.png"))
            try manager.copyItem(at: gallery.image("1.png"), to: gallery.image("long-name.png"))
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            let report = try reader.duplicates(options)
            #expect(report.groups.count == 2 && report.duplicates == 2)
            for group in report.groups {
                let links = Set(group.files.filter(\.isLink).map(\.image.name))
                #expect(!group.files[0].isLink && !links.isEmpty && group.superfluous.count == 1)
                #expect(links.isDisjoint(with: ["copied.png", "long-name.png", "1.png"]))
            }
            let outcome = try DuplicateMover.move(report, of: reader, to: gallery.home.appending(path: "moved"))
            #expect(outcome.moved == 2 && outcome.failures.isEmpty)
        }
    }

    @Test("A link that comes before the file it leads to makes no link of that, and the file stays where it is")
    func linkFirst() async throws {
        try await Gallery.with(1) { gallery in
            let manager = FileManager.default
            try manager.copyItem(at: gallery.image("0.png"), to: gallery.image("photo.png"))
            try manager.createSymbolicLink(at: gallery.image("a.png"), withDestinationURL: gallery.image("photo.png"))
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            let options = DuplicateOptions(tier: .identicalPixels, thresholds: try DuplicateThresholds(nil))
            let report = try reader.duplicates(options)
            #expect(report.groups.count == 1 && report.groups[0].files.count == 3)
            #expect(report.groups.flatMap(\.superfluous).map(\.image.name) == ["photo.png"])
            #expect(report.groups[0].files.filter(\.isLink).map(\.image.name) == ["a.png"])
            let outcome = try DuplicateMover.move(report, of: reader, to: gallery.home.appending(path: "moved"))
            #expect(outcome.moved == 0 && outcome.failures.map(\.error).allSatisfy { $0.contains("leads to it") })
            #expect(outcome.failures.count == 1 && manager.fileExists(atPath: gallery.image("a.png").path))
        }
    }

    @Test("Against a folder: its files are kept, whatever the rules say, and others are its duplicates")
    func against() async throws {
        try await Self.with { gallery in
            let archive = gallery.image("archive")
            try FileManager.default.createDirectory(at: archive, withIntermediateDirectories: true)
            for name in ["copy.png", "1.png"] {
                try FileManager.default.moveItem(at: gallery.image(name), to: archive.appending(path: name))
            }
            try gallery.update()
            let reader = try IndexReader(gallery.index)
            var options = DuplicateOptions(
                tier: .identicalPixels, thresholds: try DuplicateThresholds(nil))
            options.against = [ImagePath(archive.path)]
            #expect(try Self.names(reader.duplicates(options)) == [["1.png", "other.bmp"], ["copy.png", "0.png"]])
            options.against = []
            options.preferred = [ImagePath(archive.path)]
            #expect(try Self.names(reader.duplicates(options)) == [["1.png", "other.bmp"], ["copy.png", "0.png"]])
            options.preferred = []
            options.folders = [ImagePath(archive.path)]
            #expect(try reader.duplicates(options).groups.isEmpty)
        }
    }

    @Test("Moving is planned, refuses what has changed, and can be undone")
    func moving() async throws {
        try await Self.with { gallery in
            let reader = try IndexReader(gallery.index)
            let options = DuplicateOptions(
                tier: .identicalPixels, thresholds: try DuplicateThresholds(nil))
            let report = try reader.duplicates(options)
            let target = gallery.home.appending(path: "moved")
            #expect(throws: DreamSimError.self) { try DuplicateMover.move(report, of: reader, to: gallery.images) }
            let before = try Data(contentsOf: gallery.image("copy.png"))
            let outcome = try DuplicateMover.move(report, of: reader, to: target)
            #expect(outcome.moved == 2 && outcome.failures.isEmpty)
            let manager = FileManager.default
            #expect(!manager.fileExists(atPath: gallery.image("copy.png").path))
            #expect(manager.fileExists(atPath: gallery.image("0.png").path))
            #expect(
                try Set(manager.contentsOfDirectory(atPath: target.path)) == ["1-copy.png", "2-1.png", "undo.json"])
            // A place that was taken meanwhile is not overwritten.
            try Data("mine".utf8).write(to: gallery.image("1.png"))
            let undone = try DuplicateMover.undo(URL(filePath: outcome.undo))
            #expect(undone.moved == 1 && undone.failures.count == 1)
            #expect(try Data(contentsOf: gallery.image("copy.png")) == before)
            #expect(try Data(contentsOf: gallery.image("1.png")) == Data("mine".utf8))
            #expect(throws: DreamSimError.self) { try DuplicateMover.undo(gallery.image("0.png")) }
            // The entry of 1.png no longer fits its file; a link to the kept file is not taken for a copy.
            try manager.removeItem(at: gallery.image("copy.png"))
            try manager.createSymbolicLink(
                at: gallery.image("copy.png"), withDestinationURL: gallery.image("0.png"))
            let second = try DuplicateMover.move(report, of: reader, to: gallery.home.appending(path: "again"))
            #expect(second.moved == 0 && second.failures.count == 2)
            #expect(!manager.fileExists(atPath: gallery.home.appending(path: "again").path))
        }
    }

    @Test("What was moved back completely can be moved again; a moved file that is gone is told of")
    func movingAgain() async throws {
        try await Self.with { gallery in
            let reader = try IndexReader(gallery.index)
            let report = try reader.duplicates(
                DuplicateOptions(tier: .identicalPixels, thresholds: try DuplicateThresholds(nil)))
            let target = gallery.home.appending(path: "moved")
            for _ in 0..<2 {
                let outcome = try DuplicateMover.move(report, of: reader, to: target)
                #expect(outcome.moved == 2 && outcome.failures.isEmpty, "\(outcome.failures)")
                #expect(throws: DreamSimError.self) { try DuplicateMover.move(report, of: reader, to: target) }
                #expect(try DuplicateMover.undo(URL(filePath: outcome.undo)).moved == 2)
                let twice = try DuplicateMover.undo(URL(filePath: outcome.undo))
                #expect(twice.moved == 0 && twice.failures.isEmpty)
            }
            let outcome = try DuplicateMover.move(report, of: reader, to: target)
            try FileManager.default.removeItem(at: target.appending(path: "1-copy.png"))
            let undone = try DuplicateMover.undo(URL(filePath: outcome.undo))
            #expect(undone.moved == 1 && undone.failures.count == 1)
            // What is in an indexed folder would come back.
            #expect(throws: DreamSimError.self) {
                try DuplicateMover.move(report, of: reader, to: gallery.image("inside"))
            }
        }
    }
}

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

    @Test("Nothing chains: a and c do not meet because both are near b")
    func chain() {
        let pairs = [Self.pair(0, 1, 0.1), Self.pair(1, 2, 0.2), Self.pair(3, 4, 0.3)]
        #expect(CompleteGroups(pairs).groups == [[0, 1], [3, 4]])
        #expect(CompleteGroups(pairs + [Self.pair(0, 2, 0.35)]).groups == [[0, 1, 2], [3, 4]])
        #expect(CompleteGroups([]).groups.isEmpty)
    }

    @Test(
        "In every group all pairs are near, no two groups could be joined, and the order of rows does not matter",
        arguments: 0..<20)
    func complete(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        let points = (0..<60).map { _ in Double.random(in: 0...10, using: &generator) }
        func pairs(_ points: [Double]) -> [RowPair] {
            (0..<60).flatMap { a in
                ((a + 1)..<60).compactMap { b in
                    let distance = abs(points[a] - points[b])
                    return distance <= 1 ? Self.pair(Int32(a), Int32(b), distance) : nil
                }
            }.sorted(by: RowPair.precedes)
        }
        let groups = CompleteGroups(pairs(points)).groups
        for group in groups {
            for a in group { for b in group { #expect(abs(points[Int(a)] - points[Int(b)]) <= 1) } }
        }
        let all = groups + Set(Int32(0)..<60).subtracting(groups.joined()).map { [$0] }
        for (place, a) in all.enumerated() {
            for b in all[(place + 1)...] {
                #expect(a.contains { x in b.contains { abs(points[Int(x)] - points[Int($0)]) > 1 } })
            }
        }
        // The same points under other numbers.
        let order = Array(0..<60).shuffled(using: &generator)
        let renumbered = CompleteGroups(pairs(order.map { points[$0] })).groups
        let names = Set(renumbered.map { Set($0.map { Int32(order[Int($0)]) }) })
        #expect(names == Set(groups.map { Set($0) }))
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

    @Test("Tiers: the same bytes, the same pixels, and by distance and proportions")
    func tiers() async throws {
        try await Self.with { gallery in
            let reader = try IndexReader(gallery.index)
            let thresholds = try DuplicateThresholds(reencoded: 0.02, near: 0.02, scene: 0.02)
            func report(_ tier: DuplicateTier) throws -> DuplicateReport {
                try reader.duplicates(DuplicateOptions(tier: tier, thresholds: thresholds))
            }
            #expect(try Self.names(report(.identicalBytes)) == [["0.png", "copy.png"]])
            let pixels = try report(.identicalPixels)
            #expect(Self.names(pixels) == [["0.png", "copy.png"], ["other.bmp", "1.png"]])
            #expect(pixels.groups[1].files[1].tier == .identicalPixels && pixels.groups[1].diameter == 0)
            #expect(pixels.duplicates == 2 && pixels.images == 8)
            let all = try report(.scene)
            for group in all.groups {
                #expect(group.diameter <= 0.02)
                #expect(group.pairs?.count == group.files.count * (group.files.count - 1) / 2)
            }
            #expect(all.groups.count >= 2)
            #expect(throws: DreamSimError.self) { try DuplicateThresholds(reencoded: 0.2, near: 0.1, scene: 0.3) }
            #expect(throws: DreamSimError.self) { try DuplicateThresholds(reencoded: .nan, near: 0.1, scene: 0.3) }
        }
    }

    @Test("A resized copy has the same proportions, a crop has not")
    func proportions() async throws {
        try await Self.with { gallery in
            let reader = try IndexReader(gallery.index)
            // Everything is within 2: only proportions keep a pair out of the re-encoded.
            let loose = try DuplicateThresholds(reencoded: 2, near: 2, scene: 2)
            let report = try reader.duplicates(DuplicateOptions(tier: .reencoded, thresholds: loose))
            #expect(report.groups.count == 1 && report.groups[0].files.count == 8)
            #expect(report.groups[0].files.last?.image.name != "0.png")
            try Gallery.image(9, width: 60, height: 20).write(to: gallery.image("wide.png"))
            try gallery.update()
            let again = try IndexReader(gallery.index)
            let options = DuplicateOptions(tier: .reencoded, thresholds: loose)
            #expect(
                try again.duplicates(options).groups.allSatisfy { !$0.files.contains { $0.image.name == "wide.png" } })
            var near = options
            near.tier = .near
            #expect(try again.duplicates(near).groups[0].files.count == 9)
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
                tier: .identicalPixels, thresholds: try DuplicateThresholds(reencoded: 0, near: 0, scene: 0))
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
                tier: .identicalPixels, thresholds: try DuplicateThresholds(reencoded: 0, near: 0, scene: 0))
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
        }
    }
}

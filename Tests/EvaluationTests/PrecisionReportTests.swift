import DreamSim
import DreamSimEvaluation
import Foundation
import ModelTestSupport
import TestSupport
import Testing

@Suite("What integers change")
struct PrecisionReportTests {
    /// Images with smooth colors, and judgments of them.
    private static func folder(_ images: Int, judged: Bool) throws -> URL {
        let folder = try Fixtures.temporaryFolder()
        for index in 0..<images {
            try TinyModels.image(UInt64(index)).write(to: folder.appending(path: "\(index).png"))
        }
        if judged {
            var table = "id,ref_path,left_path,right_path,right_vote,votes,split\n"
            for index in 0..<(images / 3) {
                table += "\(index),\(3 * index).png,\(3 * index + 1).png,\(3 * index + 2).png,\(index % 2),8,test\n"
            }
            try Data(table.utf8).write(to: folder.appending(path: "data.csv"))
        }
        return folder
    }

    private static func report(_ folder: URL, limit: Int = 200) async throws -> PrecisionReport {
        let home = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: home) }
        let url = try TinyModels.write(TinyModels.json(["dino", "clip"]), to: home)
        var options = TinyModels.options(home: home)
        let exact = try await PerceptualModel.load(url.path, options: options)
        var others: [PerceptualModel] = []
        for precision in [Precision.float32, .int16, .int8] {
            options.precision = precision
            others.append(try await PerceptualModel.load(url.path, options: options))
        }
        return try PrecisionReport(
            of: ImagePath(folder.path), exact: exact, others: others, limit: limit, seed: 1, batch: 4)
    }

    @Test("A model beside itself changes nothing, integers change a little, int8 more than int16")
    func order() async throws {
        let folder = try Self.folder(9, judged: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let report = try await Self.report(folder)
        #expect(report.images == 9 && report.neighbors == 8 && report.votes?.triplets == 3 && report.failures.isEmpty)
        let (same, int16, int8) = (report.results[0], report.results[1], report.results[2])
        #expect(same.embedding?.largest == 0 && same.relative.largest == 0 && report.pairs == 36)
        #expect(same.distance.largest == 0 && same.flippedVotes == 0)
        #expect(same.sameNeighbors == 1 && abs((same.rankCorrelation ?? 0) - 1) < 1e-12)
        #expect(same.agreement == report.votes?.agreement)
        #expect(int16.precision == .int16 && int16.distance.largest > 0)
        let (small, large) = (try #require(int16.embedding), try #require(int8.embedding))
        #expect(small.largest > 0 && small.largest < 0.01 && small.median <= small.largest)
        #expect(large.median > 3 * small.median && int8.distance.largest > int16.distance.largest)
        #expect(int16.distance.median <= int16.distance.largest)
    }

    /// SSIM less a tenth, as if rounding had made that of it.
    private struct Rounded: PerceptualMetric {
        let exact: any PerceptualMetric
        let card = MetricCard(
            name: "rounded", summary: "", direction: .higherIsMoreAlike, lowest: -1, highest: 1,
            size: .full(minimum: 11), precision: .int16)

        func values(from reference: Image, to images: [Image]) throws -> [Double] {
            try exact.values(from: reference, to: images).map { 0.9 * $0 }
        }
    }

    @Test("A metric that does not embed has the changes of pairs and votes", arguments: [true, false])
    func metric(judged: Bool) async throws {
        let folder = try Self.folder(9, judged: judged)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("no image".utf8).write(to: folder.appending(path: "8.png"))
        let exact = try await MetricCatalog.load("ssim")
        let report = try PrecisionReport(
            of: ImagePath(folder.path), exact: exact, others: [Rounded(exact: exact)], limit: 200, seed: 1, batch: 4)
        // The last triplet lacks an image, and has one pair.
        #expect(report.pairs == (judged ? 5 : 7) && report.images == 8 && report.failures.count == 1)
        #expect(report.neighbors == nil && report.votes?.triplets == (judged ? 2 : nil))
        let entry = report.results[0]
        #expect(entry.precision == .int16 && entry.embedding == nil && entry.sameNeighbors == nil)
        #expect(abs(entry.relative.median - 0.1) < 1e-9 && abs(entry.relative.largest - 0.1) < 1e-9)
        #expect(abs((entry.rankCorrelation ?? 0) - 1) < 1e-9 && entry.distance.largest > 0)
        #expect(entry.flippedVotes == (judged ? 0 : nil) && entry.agreement == report.votes?.agreement)
    }

    @Test("What cannot be read is told of, and too little is an error")
    func failures() async throws {
        let folder = try Self.folder(3, judged: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("no image".utf8).write(to: folder.appending(path: "broken.jpg"))
        let report = try await Self.report(folder)
        #expect(report.images == 3 && report.failures.count == 1 && report.votes == nil)
        try FileManager.default.removeItem(at: folder.appending(path: "broken.jpg"))
        let sample = try await Self.report(folder, limit: 2)
        #expect(sample.leftOut == 1 && sample.images == 2 && sample.neighbors == 1)
        let empty = try Fixtures.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: empty) }
        await #expect(throws: DreamSimError.self) { try await Self.report(empty) }
    }
}

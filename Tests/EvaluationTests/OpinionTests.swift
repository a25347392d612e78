import DreamSim
import DreamSimEvaluation
import Foundation
import TestSupport
import Testing

@Suite("Mean opinion scores")
struct OpinionTests {
    private struct Recorded: Decodable {
        struct Fit: Decodable {
            let pearson: Double
            let rmse: Double
        }
        struct Part: Decodable {
            let spearman: Double
            let kendall: Double
        }
        struct Metric: Decodable {
            let spearman: Double
            let kendall: Double
            let pearsonOfValues: Double
            let four: Fit
            let five: Fit
            let parts: [String: Part]
        }
        struct Steiger: Decodable {
            let z: Double
            let p: Double
        }
        let metrics: [String: Metric]
        let steiger: Steiger
    }

    private static let folder = Fixtures.file("opinions")

    private static func ratings() throws -> OpinionSet {
        try OpinionSet(
            .csv, ImagePath(folder.appending(path: "ratings.csv").path), columns: ["distance", "similarity"])
    }

    @Test("3,000 rows: scipy's figures to 1e-9, whole and by distortion", arguments: LogisticFit.Curve.allCases)
    func scipy(curve: LogisticFit.Curve) throws {
        let recorded = try JSONDecoder().decode(
            Recorded.self, from: Data(contentsOf: Self.folder.appending(path: "expected.json")))
        let set = try Self.ratings()
        #expect(set.items.count == 3000 && set.distortions.count == 4)
        let report = try OpinionReport(
            set, values: OpinionReport.given(set), curve: curve, bootstrap: Bootstrap(resamples: 50))
        func near(_ value: Double?, _ expected: Double, _ what: String) {
            #expect(abs((value ?? .nan) - expected) <= 1e-9, "\(what): \(value ?? .nan), not \(expected)")
        }
        for metric in report.metrics {
            let expected = try #require(recorded.metrics[metric.name])
            near(metric.spearman.value, expected.spearman, "\(metric.name) Spearman")
            near(metric.kendall, expected.kendall, "\(metric.name) Kendall")
            near(metric.pearsonOfValues, expected.pearsonOfValues, "\(metric.name) Pearson of values")
            let fit = curve == .four ? expected.four : expected.five
            near(metric.pearson.value, fit.pearson, "\(metric.name) Pearson")
            near(metric.rmse, fit.rmse, "\(metric.name) RMSE")
            for part in metric.parts {
                near(part.spearman, try #require(expected.parts[part.distortion]).spearman, part.distortion)
                near(part.kendall, try #require(expected.parts[part.distortion]).kendall, part.distortion)
            }
            let interval = try #require(metric.spearman.interval)
            #expect(interval.low < expected.spearman && expected.spearman < interval.high)
            #expect(interval.high - interval.low < 0.05)
        }
        let comparison = try #require(report.comparisons.first)
        #expect(abs((comparison.z ?? 0) / recorded.steiger.z - 1) < 1e-9)
        #expect((comparison.difference.interval?.low ?? 0) > 0)
    }

    @Test("Kendall's tau-b and weighted ranks, as counted pair by pair, with ties")
    func ties() throws {
        let a = [1.0, 2, 2, 3, 5, 5, 5, 4], b = [2.0, 1, 3, 3, 4, 4, 0, 3]
        var (concordant, discordant, tiesA, tiesB) = (0.0, 0.0, 0.0, 0.0)
        for i in a.indices {
            for j in (i + 1)..<max(a.count, i + 1) {
                let sign = (a[i] - a[j]) * (b[i] - b[j])
                if sign > 0 { concordant += 1 }
                if sign < 0 { discordant += 1 }
                if a[i] == a[j] { tiesA += 1 }
                if b[i] == b[j] { tiesB += 1 }
            }
        }
        let pairs = 28.0
        let expected = (concordant - discordant) / ((pairs - tiesA) * (pairs - tiesB)).squareRoot()
        #expect(abs(try #require(Correlation.kendall(a, b)) - expected) < 1e-14)
        #expect(Correlation.kendall([1, 1, 1], [1, 2, 3]) == nil)
        // A member that counts three times has the ranks of three equal members.
        let ranks = RankOrder([10, 30, 20]).ranks(weights: [1, 1, 3])
        #expect(ranks == [1, 5, 3])
    }

    @Test("Steiger's test says nothing of equal correlations")
    func steiger() throws {
        let test = try #require(Correlation.steiger(0.7, 0.7, between: 0.5, count: 100))
        #expect(test.z == 0 && test.p == 1)
        let far = try #require(Correlation.steiger(0.9, 0.3, between: 0.4, count: 100))
        #expect(far.z > 5 && far.p < 1e-6)
        #expect(Correlation.steiger(0.9, 0.3, between: 0.4, count: 3) == nil)
    }

    @Test(
        "Every layout as published, with images that are there",
        arguments: OpinionSet.Layout.allCases.filter { $0 != .csv })
    func layouts(layout: OpinionSet.Layout) throws {
        let root = Self.folder.appending(path: "layouts/\(layout.rawValue)")
        let set = try OpinionSet(layout, ImagePath(root.path))
        #expect(set.items.count == 4 && set.name == layout.rawValue)
        for item in set.items {
            let pair = try #require(item.pair)
            #expect(FileManager.default.fileExists(atPath: "\(pair.a)"), "\(pair.a)")
            #expect(FileManager.default.fileExists(atPath: "\(pair.b)"), "\(pair.b)")
        }
        let scores = [
            OpinionSet.Layout.tid2013: [5.5, 4.5, 3.5, 2.5], .kadid10k: [4.5, 3.5, 2.5, 1.5],
            .csiq: [0, 0.1, 0.2, 0.3],
            .live: [10.5, 11.5, 12.5, 13.5], .pipal: [1400.5, 1401.5, 1402.5, 1403.5], .pieapp: [0, 0.5, 1, 1.5],
        ]
        #expect(set.items.map(\.score) == scores[layout])
        let kinds: [OpinionSet.Layout: Int] = [.tid2013: 4, .kadid10k: 2, .csiq: 4, .live: 4, .pipal: 2, .pieapp: 0]
        #expect(set.distortions.count == kinds[layout])
        if layout == .kadid10k { #expect(set.items[0].deviation == 0.5) }
        if layout == .tid2013 { #expect(set.items[3].deviation == 0.4) }
    }

    @Test("Metrics are computed of a layout's images, and what was written reads as a table again")
    func measured() throws {
        let root = Self.folder.appending(path: "layouts/kadid10k")
        let set = try OpinionSet(.kadid10k, ImagePath(root.path))
        let values = OpinionReport.measure(set, with: PairComparer([PixelMetric.mse]))
        let report = try OpinionReport(set, values: values, bootstrap: Bootstrap(resamples: 20))
        #expect(report.metrics[0].spearman.count == 4 && report.metrics[0].failures.isEmpty)
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: file) }
        try report.writeTable(to: file)
        let again = try OpinionSet(.csv, ImagePath(file.path), columns: ["mse"])
        #expect(again.items.map(\.score) == set.items.map(\.score))
        let first = try PixelMetric.mse.value(
            Image(contentsOf: root.appending(path: "images/I01.png")),
            Image(contentsOf: root.appending(path: "images/I01_01_01.png")))
        #expect(again.items[0].values == [first])
        let page = file.deletingPathExtension().appendingPathExtension("html")
        defer { try? FileManager.default.removeItem(at: page) }
        try report.writePage(to: page)
        #expect(try String(contentsOf: page, encoding: .utf8).contains("mse"))
    }

    @Test("A table without its columns, with a word for a number, or with too few rows is refused by name")
    func faults() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func error(_ text: String, columns: [String] = []) throws -> DreamSimError? {
            let file = folder.appending(path: "t.csv")
            try Data(text.utf8).write(to: file)
            return #expect(throws: DreamSimError.self) {
                try OpinionSet(.csv, ImagePath(file.path), columns: columns)
            }
        }
        #expect(try error("image,score\na,1\n")?.kind == .missingColumn)
        #expect(try error("image,score,m\na,1,2\n", columns: ["other"])?.kind == .missingColumn)
        #expect(try error("image,score,m\na,good,2\n", columns: ["m"])?.kind == .badValue)
        #expect(try error("image,score,m\na,1,2\n", columns: ["m"])?.kind == .empty)
    }
}

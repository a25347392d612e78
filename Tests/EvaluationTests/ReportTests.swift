import DreamSim
import DreamSimEvaluation
import Foundation
import TestSupport
import Testing

@Suite("Reports and profiles")
struct ReportTests {
    static func report(in folder: URL) throws -> EvaluationReport {
        let file = try EvaluatorTests.triplets(
            [("<b>&", 110, 120, "right"), ("b", 110, 121, "0.25"), ("c", 130, 120, "0"), ("d", -1, 110, "1")],
            in: folder)
        return try EvaluatorTests.evaluate(try JudgedSet.triplets(file, name: "my \"set\""))
    }

    @Test("Every judgment is in the file, with what was skipped", arguments: ["json", "csv", "ndjson"])
    func files(format: String) throws {
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "out.\(format)")
            try EvaluationFile.write(try Self.report(in: folder), to: url)
            let text = try String(contentsOf: url, encoding: .utf8)
            switch format {
            case "json":
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
                let items = try #require(object["items"] as? [[String: Any]])
                #expect(items.count == 3 * 2 + 1)
                #expect(items[0]["choice"] as? String == "left" && items[0]["score"] as? Double == 0)
                #expect((object["skipped"] as? [Any])?.count == 1)
            case "csv":
                let lines = text.split(separator: "\n")
                #expect(
                    lines.count == 1 + 7 && lines[0].hasPrefix("id,labels,reference,left,right,people,weight,metric"))
                #expect(lines[7].contains("no such file"))
            default: #expect(text.split(separator: "\n").count == 7)
            }
            #expect(text.contains("lower is more alike") && text.contains("higher is more alike"))
            let error = #expect(throws: DreamSimError.self) {
                try EvaluationFile.write(try Self.report(in: folder), to: folder.appending(path: "none/out.json"))
            }
            #expect(error?.kind == .unwritable)
        }
    }

    @Test("The page is whole in itself, and no text of the data becomes markup")
    func page() throws {
        try Fixtures.withTemporaryFolder { folder in
            let page = HTMLReport(try Self.report(in: folder), decoding: .standard).text()
            #expect(page.hasPrefix("<!doctype html>") && page.contains("</html>"))
            for forbidden in ["http:", "https:", "<script", "<b>&<", "src=\"/", "url("] {
                #expect(!page.contains(forbidden), "\(forbidden)")
            }
            #expect(page.contains("&lt;b&gt;&amp;") && page.contains("my &quot;set&quot;"))
            #expect(page.contains("data:image/jpeg;base64,") && page.contains("no such file"))
            #expect(page.contains("prefers-color-scheme: dark"))
            // Every element that is opened is closed.
            for tag in ["section", "article", "table", "tr", "td", "th", "figure", "svg", "dl", "div", "g", "span"] {
                let opened =
                    page.components(separatedBy: "<\(tag) ").count + page.components(separatedBy: "<\(tag)>").count
                #expect(opened - 1 == page.components(separatedBy: "</\(tag)>").count, "<\(tag)>")
            }
        }
    }

    @Test("A distribution says how many pairs are less alike")
    func distribution() throws {
        let known = try #require(DistanceDistribution([4, 1, 3, 2]))
        #expect(known.shareLessAlike(than: 2.5, direction: .lowerIsMoreAlike) == 0.5)
        #expect(known.shareLessAlike(than: 2, direction: .lowerIsMoreAlike) == 0.625)
        #expect(known.shareLessAlike(than: 3.5, direction: .higherIsMoreAlike) == 0.75)
        #expect(DistanceDistribution([]) == nil)
        let many = try #require(DistanceDistribution((0...20_000).map { Double($0) }))
        #expect(many.count == 20_001 && many.values.count == 1001)
        #expect(many.values.first == 0 && many.values.last == 20_000 && many.quantile(0.5) == 10_000)
        #expect(abs(many.shareLessAlike(than: 5000, direction: .lowerIsMoreAlike) - 0.75) < 0.001)
    }

    @Test("A profile explains values, is kept exactly, and refuses another metric")
    func profile() throws {
        try Fixtures.withTemporaryFolder { folder in
            let identity = MetricColumn(PixelMetric.psnr, decoding: .standard).identity
            let url = folder.appending(path: "deep/profile.json")
            let unrelated = try #require(DistanceDistribution([5, 6, 7, 8, .infinity]))
            try MetricProfile.update(url, of: identity) {
                $0.add(MetricProfile.DataSet(name: "set", digest: "d", unrelated: unrelated, related: nil))
            }
            try MetricProfile.update(url, of: identity) {
                $0.threshold = MetricProfile.Threshold(
                    value: 7.5, low: nil, high: 8, criterion: "c", precision: 1, recall: 0.5, dataSet: "p", count: 9)
            }
            let profile = try MetricProfile(contentsOf: url, of: identity)
            #expect(profile.dataSets.count == 1 && profile.dataSets[0].unrelated == unrelated)
            #expect(profile.threshold?.value == 7.5)
            #expect(profile.explanation(of: 7.5) == "7.5: closer than 60 % of unrelated pairs of set (n = 5)")
            #expect(profile.explanation(of: 4)?.contains("closer than none of unrelated pairs") == true)
            #expect(MetricProfile(identity).explanation(of: 1) == nil)
            let other = MetricColumn(PixelMetric.l1, decoding: .standard).identity
            let error = #expect(throws: DreamSimError.self) { try MetricProfile(contentsOf: url, of: other) }
            #expect(error?.kind == .badProfile && error?.reason.contains("psnr") == true)
            try Data("{}".utf8).write(to: url)
            #expect(throws: DreamSimError.self) { try MetricProfile(contentsOf: url, of: identity) }
        }
    }

    @Test(
        "A distribution without values, or with some that are no ranks, is refused",
        arguments: ["[]", "[2, 1]", #"["nan"]"#, #"[1, "nan"]"#, "[1, 2, 3, 4]"])
    func brokenDistribution(values: String) throws {
        let kind = #"{"count": 3, "values": \#(values)}"#
        let kinds = #"{"re-encoded": \#(kind), "edited": \#(kind)}"#
        let identity = MetricColumn(PixelMetric.l1, decoding: .standard).identity
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "profile.json")
            try MetricProfile(identity).write(to: url)
            var json = try #require(
                JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
            json["kinds"] = [
                "dataSet": "set", "direction": identity.direction.rawValue,
                "distributions": try JSONSerialization.jsonObject(with: Data(kinds.utf8)),
            ]
            try JSONSerialization.data(withJSONObject: json).write(to: url)
            let error = #expect(throws: DreamSimError.self) { try MetricProfile(contentsOf: url, of: identity) }
            #expect(error?.kind == .badProfile)
        }
    }
}

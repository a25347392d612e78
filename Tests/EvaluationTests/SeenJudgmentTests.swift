import DreamSim
import DreamSimEvaluation
import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// A model is not praised for agreement with judgments that it was chosen or tuned on.
@Suite("Judgments that a model has seen")
struct SeenJudgmentTests {
    /// Numbers of triplets: two that DreamSim's page shows, and one that it does not.
    private static let numbers = [61480, 6614, 480]

    /// A folder in NIGHTS' layout.
    private static func nights(in folder: URL, split: String = "test") throws -> JudgedSet {
        var text = "id,ref_path,left_path,right_path,right_vote,votes,split\n"
        for (index, number) in numbers.enumerated() {
            let place = String(format: "%03d/%03d", number / 1000, number % 1000)
            let paths = ["ref/\(place).png", "distort/\(place)_1.png", "distort/\(place)_0.png"]
            for (path, seed) in zip(paths, 1...) {
                try Images.noise(UInt64(10 * index + seed), to: folder.appending(path: path))
            }
            text += "\(number),\(paths.joined(separator: ",")),1,6,\(split)\n"
        }
        try Images.text(text, to: folder.appending(path: "data.csv"))
        return try JudgedSet.nights(folder.imagePath, split: .all)
    }

    /// The same images under other names, with the same ids.
    private static func others(in folder: URL) throws -> JudgedSet {
        var text = "id,ref,left,right,vote\n"
        for (index, number) in numbers.enumerated() {
            for (name, seed) in zip(["ref", "left", "right"], 1...) {
                try Images.noise(UInt64(10 * index + seed), to: folder.appending(path: "ref/\(number)/\(name).png"))
            }
            text += "\(number),ref/\(number)/ref.png,ref/\(number)/left.png,ref/\(number)/right.png,right\n"
        }
        try Images.text(text, to: folder.appending(path: "set.csv"))
        return try JudgedSet.triplets(folder.appending(path: "set.csv").imagePath)
    }

    /// A small model that has seen judgments, beside two metrics.
    private static func evaluate(_ set: JudgedSet, seen: SeenJudgments?) async throws -> EvaluationReport {
        try await TinyModels.withModel(["dino"]) { tiny, home in
            let model = try PerceptualModel(
                ModelDescription(
                    name: "tiny<b>", summary: "for tests", parts: tiny.description.parts, sources: [], license: "",
                    seen: seen),
                parts: tiny.parts, weightsHash: tiny.stamp.weights, preprocessing: tiny.preprocessing,
                isNormalized: true)
            return try Evaluator.evaluate(set, with: [model, PixelMetric.l1], settings: EvaluationSettings())
        }
    }

    @Test("The report, its JSON and its page say so, and the page no longer says that a lead is more than random")
    func page() async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let report = try await Self.evaluate(Self.nights(in: folder), seen: .nightsPage)
            #expect(report.metrics.map { $0.seen?.judgments } == [2, nil])
            let caveats = report.caveats()
            #expect(caveats.count == 1 && caveats[0].hasPrefix("tiny<b> was chosen on 2 of these 3 judgments"))
            let page = HTMLReport(report, decoding: .standard).text()
            #expect(page.contains("<b>tiny&lt;b&gt;</b> was chosen on 2 of these 3 judgments"))
            #expect(!page.contains("random variation"))
            let json = try JSONSerialization.jsonObject(with: Data(JSON.text(report).utf8))
            #expect(try JSONSchema("evaluate").faults(of: json) == [])
            let metrics = try #require((json as? [String: Any])?["metrics"] as? [[String: Any]])
            #expect((metrics[0]["seen"] as? [String: Any])?["use"] as? String == "chosen" && metrics[1]["seen"] == nil)
            let plain = try await Self.evaluate(Self.nights(in: folder), seen: nil)
            #expect(plain.caveats().isEmpty)
            #expect(HTMLReport(plain, decoding: .standard).text().contains("random variation"))
        }
    }

    @Test("A model that was tuned on a split has seen that split of NIGHTS and no other", arguments: ["train", "test"])
    func splits(split: String) async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let report = try await Self.evaluate(Self.nights(in: folder, split: split), seen: .nightsTraining)
            #expect(report.metrics[0].seen?.judgments == (split == "train" ? 3 : nil))
            #expect(report.metrics[0].seen?.use == (split == "train" ? .tuned : nil))
        }
    }

    @Test("Other images with the same ids are not taken for them")
    func collisions() async throws {
        try await Fixtures.withTemporaryFolderAsync { folder in
            let report = try await Self.evaluate(Self.others(in: folder), seen: .nightsPage)
            #expect(report.metrics[0].seen == nil && report.caveats().isEmpty)
        }
    }

    @Test("What a model has seen stays with its features, and not with another adapter or none")
    func variants() throws {
        let lite = try #require(Catalog.model(named: "lite"))
        #expect(lite.seen == .nightsPage && SeenJudgments.nightsPage.nightsTriplets.count == 58)
        let tuned = try #require(Catalog.model(named: "dino_vitb16"))
        #expect(tuned.seen == .nightsTraining && tuned.untuned.seen == nil)
        #expect(tuned.adapted(by: URL(filePath: "/a")).seen == nil)
        #expect(try tuned.reading("cls@3").seen == .nightsTraining)
        #expect(lite.untuned.seen == .nightsPage)
    }
}

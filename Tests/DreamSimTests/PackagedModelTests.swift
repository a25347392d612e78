import Checkpoints
import DreamSim
import Foundation
import TestSupport
import Testing

/// Whether the weights and the recorded features are on this machine.
private let isPackagedModelReady: Bool = {
    guard Fixtures.shared != nil, let store = try? ModelStore.Configuration.fromEnvironment() else { return false }
    return Catalogue.model(named: "vits14-focus")?.isReady(in: ModelStore(store)) ?? false
}()

/// The real weights of `vits14-focus`, which `make demo` or `dreamsim models pull vits14-focus` fetches, against recorded
/// features and against the recorded choices on photographs that people have judged.
@Suite(
    "vits14-focus, real weights", .serialized,
    .enabled(if: isPackagedModelReady, "SKIPPED: needs the larger golden data and 'models pull vits14-focus'"))
struct PackagedModelTests {
    static func model(_ feature: String) async throws -> PerceptualModel {
        try await PerceptualModel.load(
            #require(Catalogue.model(named: "vits14-focus")).reading(feature),
            options: PerceptualModel.LoadingOptions(
                store: .fromEnvironment(), preprocessing: .reference, isNormalized: false, keepsMergedFile: false))
    }

    @Test(
        "Features within 1e-5 relative",
        arguments: [
            ("cls", "cls"), ("cls@10", "cls_block10"), ("last_layer", "last_layer"), ("cls_patch", "patch_mean"),
        ])
    func features(feature: String, key: String) async throws {
        let shared = try #require(Fixtures.shared)
        let files = (1...3).flatMap { t in
            (1...3).map { ImagePath(shared.appending(path: "data/nights-png/triplet\(t)_\($0).png").path) }
        }
        let expected = try Checkpoint(contentsOf: shared.appending(path: "golden/vits14.safetensors")).tensor(key)
        let outcomes = try await Self.model(feature).embed(files: files)
        for (n, outcome) in outcomes.enumerated() {
            // The recorded mean of the patches is the second half of the feature.
            let values = try outcome.result.get().values.suffix(384)
            let difference = Difference(Array(values), Array(expected.values[(n * 384)..<((n + 1) * 384)]))
            #expect(difference.relativeL2 <= 1e-5, "image \(n): \(difference)")
        }
    }

    @Test(
        "Votes on 59 judged triplets",
        arguments: [
            ("cls", "vits14_cls", 43), ("cls@10", "vits14_cls_block10", 48),
        ])
    func votes(feature: String, key: String, agreeing: Int) async throws {
        struct Golden: Decodable {
            struct Triplet: Decodable {
                let id: String
                let left: [String: Double]
                let right: [String: Double]
            }
            let accuracy: [String: Double]
            let triplets: [Triplet]
        }
        let shared = try #require(Fixtures.shared)
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: shared.appending(path: "golden/nights_mini.json")))
        let root = shared.appending(path: "data/nights-mini")
        let rows = try String(contentsOf: root.appending(path: "data.csv"), encoding: .utf8)
            .split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        func column(_ name: String) throws -> Int { try #require(rows[0].firstIndex { $0 == name }) }
        let model = try await Self.model(feature)
        let (id, vote) = (try column("id"), try column("right_vote"))
        let paths = try ["ref_path", "left_path", "right_path"].map { try column($0) }
        var agreements = 0
        for (row, triplet) in zip(rows.dropFirst(), golden.triplets) {
            #expect(row[id] == triplet.id)
            let files = paths.map { ImagePath(root.appending(path: String(row[$0])).path) }
            let report = try VoteReport(model: model, reference: files[0], a: files[1], b: files[2])
            #expect(abs(report.distanceA - (triplet.left[key] ?? .nan)) < 2e-5)
            #expect(abs(report.distanceB - (triplet.right[key] ?? .nan)) < 2e-5)
            if (report.choice == .b) == (row[vote] == "1") { agreements += 1 }
        }
        #expect(agreements == agreeing)
        #expect(abs(Double(agreements) / 59 - (golden.accuracy[key] ?? .nan)) < 1e-9)
    }
}

import DreamSim
import DreamSimEvaluation
import Foundation
import TestSupport
import Testing

/// Real judgments on real photographs, against what PyTorch gave.
@Suite(
    "NIGHTS, published triplets", .serialized,
    .enabled(if: Fixtures.shared != nil, Comment(rawValue: Fixtures.sharedIsMissing)))
struct NightsGoldenTests {
    struct Golden: Decodable {
        struct Triplet: Decodable {
            let id: String
            let human: Double
            let left: [String: Double]
            let right: [String: Double]
        }
        let accuracy: [String: Double]
        let triplets: [Triplet]
    }

    @Test(
        "Every distance and the score",
        arguments: [
            ("ssim", "ssim", true, 1e-5), ("lpips_alex", "lpips-alex", true, 1e-4), ("dists_256", "dists", true, 1e-4),
            // The recorded MSE was summed in float32. Raw `cls` is compared by PackagedModelTests.
            ("mse", "mse", true, 2e-8),
            ("vits14_cls_centered", "vits14-focus+cls", true, 2e-5),
            ("vits14_cls_block10", "vits14-focus", false, 2e-5),
        ])
    func distances(key: String, name: String, isNormalized: Bool, tolerance: Double) async throws {
        let shared = try #require(Fixtures.shared)
        var store = try ModelStore.Configuration.fromEnvironment()
        store.isOffline = true
        let ready = Set(MetricCatalog.listing(in: ModelStore(store)).filter(\.isReady).map(\.name))
        // The suites of each metric say that its weights are absent.
        guard name.split(separator: "+").first.map({ ready.contains(String($0)) }) ?? false else { return }
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: shared.appending(path: "golden/nights_mini.json")))
        let metric = try await MetricCatalog.load(
            name,
            options: PerceptualModel.LoadingOptions(
                store: store, preprocessing: .reference, isNormalized: isNormalized, keepsMergedFile: false))
        let set = try JudgedSet.nights(ImagePath(shared.appending(path: "data/nights-mini").path))
        let report = try Evaluator.evaluate(
            set, with: [metric],
            settings: EvaluationSettings(
                decoding: .reference, isStrict: true, unrelatedPairs: 0, slowUnrelatedPairs: 0))
        #expect(report.items.count == 59 && report.skipped.isEmpty)
        var largest = 0.0
        for (item, triplet) in zip(report.items, golden.triplets) {
            #expect(item.judged.id.split(separator: "#")[0] == triplet.id)
            #expect(item.judged.judgment == .rightShare(triplet.human))
            let values = try #require(item.values[0])
            for (value, expected) in zip(values, [triplet.left[key], triplet.right[key]]) {
                largest = max(largest, abs(value - (expected ?? .nan)))
            }
        }
        #expect(largest <= tolerance, "\(key): largest difference \(largest)")
        #expect(abs((report.metrics[0].score.value ?? .nan) - (golden.accuracy[key] ?? .nan)) < 1e-12)
    }
}

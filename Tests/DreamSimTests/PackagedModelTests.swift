import DreamSim
import DreamSimCheckpoints
import Foundation
import TestSupport
import Testing

/// Whether the weights and the recorded features are on this machine.
private let isPackagedModelReady: Bool = {
    guard Fixtures.shared != nil, let store = try? ModelStore.Configuration.fromEnvironment() else { return false }
    return Catalog.model(named: "vits14-focus")?.isReady(in: ModelStore(store)) ?? false
}()

/// The real weights of `vits14-focus`, which `make demo` or `dreamsim models pull vits14-focus` fetches, against recorded
/// features and against the recorded choices on photographs that people have judged.
@Suite(
    "vits14-focus, real weights", .serialized,
    .enabled(if: isPackagedModelReady, "SKIPPED: needs the larger golden data and 'models pull vits14-focus'"))
struct PackagedModelTests {
    static func model(_ feature: String) async throws -> PerceptualModel {
        try await PerceptualModel.load(
            #require(Catalog.model(named: "vits14-focus")).reading(feature),
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
        let judged = try JudgedTriplets()
        let agreement = try judged.agreement(await Self.model(feature), recorded: key, tolerance: 1e-3)
        #expect(agreement == Double(agreeing) / 59)
        #expect(abs(agreement - (judged.accuracy[key] ?? .nan)) < 1e-9)
    }
}

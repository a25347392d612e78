import DreamSim
import Foundation
import TestSupport
import Testing

/// The metrics that can be used on this machine without the network, each in one variant; without pdq, whose bits tell copies
/// from other images and do not grow with an edit.
private let readyMetrics: [String] = {
    guard let store = try? ModelStore.Configuration.fromEnvironment() else {
        return PixelMetric.allCases.map(\.rawValue)
    }
    return MetricCatalog.listing(in: ModelStore(store)).filter { $0.isReady && !$0.name.contains(":") }.map(\.name)
        .filter { $0 != "pdq" }
}()

/// What every metric must say of images that the project makes: the samples' two scenes, altered.
@Suite("Sanity of every metric whose weights are here", .serialized)
struct RobustnessSanityTests {
    /// From the weakest to the strongest.
    static let ladders: [[Alteration.Step]] = [
        [.init(.blur, 0)] + Alteration.blur.mildSteps, Alteration.jpeg.mildSteps,
        [.init(.noise, 5), .init(.noise, 20)], [.init(.brightness, 0.1), .init(.brightness, 0.3)],
        [.init(.contrast, 0.2), .init(.contrast, 0.6)], [.init(.desaturation, 0.4), .init(.desaturation, 1)],
    ]

    static func set() throws -> RobustnessSet {
        RobustnessSet(
            try ["scene", "different"].map { name in
                let url = Fixtures.packageRoot.appending(path: "Samples/\(name).jpg")
                let image = Preprocessing.standard.applied(to: try Image(contentsOf: url))
                return Heatmap.Source(path: ImagePath(url.path), image: image)
            })
    }

    @Test("Stronger alterations are farther, mild ones nearer than other images", arguments: readyMetrics)
    func sanity(name: String) async throws {
        let metric = try await MetricCatalog.load(
            name, options: .init(store: .fromEnvironment(), keepsMergedFile: false))
        let report = try RobustnessReport(
            of: Self.set(), metrics: [metric],
            settings: .init(steps: Self.ladders.flatMap(\.self), distractors: nil))
        #expect(report.errors == nil && report.results.count == 13)
        func entry(_ step: Alteration.Step) throws -> (share: Double, recall: Double) {
            let found = try #require(
                report.results.first { $0.alteration == step.alteration && $0.strength == step.strength })
            return (try #require(found.shares[name]), try #require(found.recallAt1[name]))
        }
        // Nothing done is nothing seen, but for the rounding of embeddings.
        #expect(abs(try entry(Self.ladders[0][0]).share) < 1e-4)
        for ladder in Self.ladders {
            let shares = try ladder.map { try entry($0).share }
            let said: Comment = "\(name), \(ladder[0].alteration): \(shares)"
            #expect(try entry(ladder[0]).recall == 1, said)
            switch (name, ladder[0].alteration) {
            case ("fsim", .desaturation), ("gmsd", .desaturation), ("vif", .desaturation):
                // These look at the luma alone, of which no color is a part.
                #expect(shares.allSatisfy { abs($0) < 0.01 }, said)
            case ("vif", .brightness), ("vif", .contrast):
                // VIF asks how much of the original can still be told: of an image with more contrast more than of itself.
                #expect(shares[0] < 0 && shares[1] < shares[0], said)
            case ("vif", _):
                // Its distances reach 1 soon: noise that one hardly sees hides most of the fine detail.
                #expect(shares == shares.sorted() && shares[0] < 0.7, said)
            default:
                #expect(shares == shares.sorted() && shares[1] > 0.001, said)
                #expect(shares[0] < 0.6, said)
            }
        }
    }
}

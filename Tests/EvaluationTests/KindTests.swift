import DreamSimEvaluation
import Foundation
import TestSupport
import Testing

@Suite("Kinds of pairs")
struct KindTests {
    private static func kinds(_ direction: Direction, sign: Double) throws -> PairKinds {
        PairKinds(
            dataSet: "by hand", direction: direction,
            distributions: [
                .reencoded: try #require(DistanceDistribution([0, 1, 2, 3].map { sign * $0 })),
                .unrelated: try #require(DistanceDistribution([2, 4, 5, 6].map { sign * $0 })),
            ])
    }

    @Test("One kind ends where as large a share of it lies beyond as of the next lies within", arguments: [1.0, -1.0])
    func ends(sign: Double) throws {
        let kinds = try Self.kinds(sign > 0 ? .lowerIsMoreAlike : .higherIsMoreAlike, sign: sign)
        #expect(kinds.ends.map(\.kind) == [.reencoded, .unrelated])
        #expect(kinds.ends.map(\.end) == [sign * 3, nil])
        #expect(kinds.kind(of: sign * 3) == .reencoded && kinds.kind(of: sign * 3.1) == .unrelated)
        #expect(kinds.kind(of: .nan) == nil)
        let read = try JSONDecoder().decode(PairKinds.self, from: Data(JSON.text(kinds).utf8))
        #expect(read == kinds && read.ends.map(\.end) == kinds.ends.map(\.end))
    }

    @Test("What comes with the project is in order, and of models whose edits are nearer than unrelated images")
    func shipped() throws {
        #expect(Set(MetricProfile.shipped.map(\.identity.name)) == ["lite", "vits14-focus"])
        for profile in MetricProfile.shipped {
            let kinds = try #require(profile.kinds)
            let ends = kinds.ends.compactMap(\.end)
            #expect(kinds.ends.map(\.kind) == PairKind.allCases && ends == ends.sorted() && ends.count == 3)
            let edited = try #require(kinds.distributions[.edited]?.quantile(0.95))
            #expect(edited < kinds.distributions[.unrelated]?.quantile(0) ?? 0)
        }
    }

    @Test("A profile that takes the place of one that comes with the project says so, with the pairs of both")
    func replacement() throws {
        let shipped = try #require(MetricProfile.shipped.first)
        #expect(shipped.replacement == nil)
        var profile = MetricProfile(shipped.identity)
        #expect(profile.replacement == nil)
        profile.kinds = try Self.kinds(.lowerIsMoreAlike, sign: 1)
        let text = try #require(profile.replacement)
        let counts = try PairKind.allCases.map { kind in try #require(shipped.kinds?.distributions[kind]).count }
        #expect(
            text.contains("by 8 pairs (by hand)") && text.contains("by \(counts.reduce(0, +)) pairs (58 photographs"))
        try Fixtures.withTemporaryFolder { folder in
            let url = folder.appending(path: "profile.json")
            let kept = try MetricProfile.update(url, of: shipped.identity) { $0.kinds = profile.kinds }
            #expect(kept.replacement == text)
        }
    }

    @Test("Copies of photographs are measured; the same photograph twice is one, and one is not enough")
    func measured() async throws {
        let samples = Fixtures.packageRoot.appending(path: "Samples")
        let comparer = PairComparer([try await MetricCatalog.load("mse")])
        func paths(_ names: [String]) -> [ImagePath] { names.map { ImagePath(samples.appending(path: $0).path) } }
        let found = try KindCalibration(
            of: paths(["scene.jpg", "different.jpg", "scene.jpg"]), with: comparer, name: "samples")
        #expect(found.skipped.count == 1)
        let kinds = try #require(found.metrics.first?.kinds.distributions)
        #expect(kinds[.reencoded]?.count == 12 && kinds[.edited]?.count == 34 && kinds[.scene] == nil)
        let medians = [PairKind.reencoded, .edited, .unrelated].compactMap { kinds[$0]?.quantile(0.5) }
        #expect(medians.count == 3 && medians == medians.sorted())
        #expect(throws: DreamSimError.self) {
            _ = try KindCalibration(of: paths(["scene.jpg", "scene.jpg"]), with: comparer, name: "one")
        }
    }
}

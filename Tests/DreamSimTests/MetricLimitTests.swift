import DreamSim
import Foundation
import Testing

@Suite("Limits of metrics, and what pairs come to")
struct MetricLimitTests {
    private static let (l1, psnr) = (
        MetricColumn(PixelMetric.l1, decoding: .standard), MetricColumn(PixelMetric.psnr, decoding: .standard)
    )
    private static let pairs = (0..<4).map { ImagePair(ImagePath("a\($0)"), ImagePath("b\($0)")) }

    @Test("A value passes up to its limit, in the metric's direction; no value and NaN do not")
    func passes() throws {
        var limits = MetricLimits()
        #expect(limits.passes(["l1": 1]) == nil && limits.values == nil)
        limits.add(0.5, of: Self.l1)
        limits.add(30, of: Self.psnr)
        let cases: [([String: Double], Bool)] = [
            (["l1": 0.5, "psnr": 30], true), (["l1": 0, "psnr": .infinity], true),
            (["l1": 0.5.nextUp, "psnr": 30], false), (["l1": 0.5, "psnr": 30.0.nextDown], false),
            (["l1": .nan, "psnr": 40], false), (["l1": 0, "psnr": .nan], false), (["l1": 0], false), ([:], false),
            (["l1": 0, "psnr": 40, "ssim": -1], true),
        ]
        for (values, expected) in cases { #expect(limits.passes(values) == expected, "\(values)") }
        #expect(limits.excesses(["l1": 0.75]) == ["l1 0.75, limit 0.5", "psnr has no value"])
        #expect(limits.passes(0, of: "ssim") == nil)
    }

    @Test("Of two limits of a metric the stricter holds, in either order", arguments: [[0.2, 0.5], [0.5, 0.2]])
    func stricter(values: [Double]) {
        var limits = MetricLimits()
        for value in values {
            limits.add(value, of: Self.l1)
            limits.add(value, of: Self.psnr)
        }
        #expect(limits.values == ["l1": 0.2, "psnr": 0.5])
    }

    @Test("A second limit of a metric is refused where somebody gives it, also when it is the same")
    func second() throws {
        var limits = MetricLimits()
        try limits.addFirst(0.5, of: Self.l1)
        try limits.addFirst(30, of: Self.psnr)
        for value in [0.5, 0.2, 0.7] {
            let error = #expect(throws: DreamSimError.self) { try limits.addFirst(value, of: Self.l1) }
            #expect(error?.kind == .duplicate && error?.subject == "l1")
        }
        #expect(limits.values == ["l1": 0.5, "psnr": 30])
    }

    @Test("Count, mean, median, worst and failed, worked by hand")
    func summary() throws {
        var limits = MetricLimits()
        limits.add(0.3, of: Self.l1)
        var summary = PairSummary([Self.l1, Self.psnr], limits: limits)
        for (pair, values) in zip(
            Self.pairs, [["l1": 0.1, "psnr": 20], ["l1": 0.5, "psnr": .infinity], ["l1": 0.2, "psnr": 10], [:]])
        {
            summary.add(pair, values)
        }
        summary.add(nil, [:])
        #expect(summary.count == 5 && summary.failed == 3 && summary.pass == false)
        let (l1, psnr) = (try #require(summary.entries["l1"]), try #require(summary.entries["psnr"]))
        #expect(l1.count == 3 && l1.median == 0.2 && abs((l1.mean ?? 0) - 0.8 / 3) < 1e-15 && l1.failed == 3)
        #expect(l1.worst?.value == 0.5 && l1.worst?.index == 1 && l1.worst?.imageB == Self.pairs[1].b)
        // Higher is more alike, and there is no limit.
        #expect(psnr.median == 20 && psnr.mean == .infinity && psnr.failed == nil)
        #expect(psnr.worst?.value == 10 && psnr.worst?.index == 2)
    }

    @Test("An even number has the mean of the middle two, NaN is worst, and nothing has no mean")
    func edges() throws {
        var summary = PairSummary([Self.l1])
        #expect(summary.entries["l1"]?.count == 0 && summary.entries["l1"]?.mean == nil && summary.pass == nil)
        for (pair, value) in zip(Self.pairs, [0.4, .nan, 0.1, 0.2]) { summary.add(pair, ["l1": value]) }
        let entry = try #require(summary.entries["l1"])
        #expect(abs((entry.median ?? 0) - 0.3) < 1e-15 && entry.mean?.isNaN == true)
        #expect(entry.worst?.value.isNaN == true && entry.worst?.index == 1)
    }
}

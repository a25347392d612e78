import DreamSim
import DreamSimEvaluation
import DreamSimImages
import Foundation
import TestSupport
import Testing

@Suite("Evaluations")
struct EvaluatorTests {
    /// Grays: the reference 100, and two others; l1 is their difference over 255.
    static func triplets(_ rows: [(id: String, left: Int, right: Int, vote: String)], in folder: URL) throws
        -> ImagePath
    {
        var text = "id,ref,left,right,vote\n"
        for row in rows {
            for (name, level) in [("ref", 100), ("left", row.left), ("right", row.right)] where level >= 0 {
                try Images.gray(level, to: folder.appending(path: "\(row.id)/\(name).png"))
            }
            text += "\(row.id),\(row.id)/ref.png,\(row.id)/left.png,\(row.id)/right.png,\(row.vote)\n"
        }
        try Images.text(text, to: folder.appending(path: "set.csv"))
        return folder.appending(path: "set.csv").imagePath
    }

    static func evaluate(
        _ set: JudgedSet, _ metrics: [any PerceptualMetric] = [PixelMetric.l1, PixelMetric.psnr],
        _ settings: EvaluationSettings = EvaluationSettings()
    ) throws -> EvaluationReport {
        try Evaluator.evaluate(set, with: metrics, settings: settings)
    }

    @Test("2AFC over triplets worked by hand, both directions of metrics")
    func byHand() throws {
        try Fixtures.withTemporaryFolder { folder in
            let set = try JudgedSet.triplets(
                Self.triplets(
                    [("a", 110, 120, "left"), ("b", 110, 120, "0.25"), ("c", 130, 120, "0"), ("d", 90, 110, "1")],
                    in: folder))
            let report = try Self.evaluate(set)
            // 1, 0.75, 0 and a tie.
            for metric in report.metrics {
                #expect(metric.score.value == (1 + 0.75 + 0 + 0.5) / 4 && metric.score.count == 4)
                #expect(metric.computed == 8 + 6 && metric.failures.isEmpty)
                #expect(metric.related?.count == 8 && metric.unrelated?.count == 6)
            }
            #expect(report.items[0].values[0]?.map { ($0 * 255).rounded() } == [10, 20])
            #expect(report.comparisons[0].sameChoice == 1 && report.comparisons[0].difference.value == 0)
            // References are all alike, so that unrelated pairs have distance 0.
            #expect(report.metrics[0].unrelated?.values.allSatisfy { $0 == 0 } == true)
            let half = try Self.evaluate(set, [PixelMetric.l1]).metrics[0].score.interval
            #expect(half == report.metrics[0].score.interval, "another metric beside it changes no interval")
        }
    }

    @Test("Missing and unreadable images are skipped and listed, or an error when strict")
    func skipping() throws {
        try Fixtures.withTemporaryFolder { folder in
            let file = try Self.triplets(
                [("a", 110, 120, "left"), ("b", 110, -1, "left"), ("c", 110, 120, "left"), ("d", 110, 120, "right")],
                in: folder)
            try Data("no image".utf8).write(to: folder.appending(path: "c/left.png"))
            // Another size: metrics at full size cannot compare it.
            try Images.gray(5, to: folder.appending(path: "d/left.png"), side: 20)
            let set = try JudgedSet.triplets(file)
            let report = try Self.evaluate(set, [PixelMetric.l1])
            #expect(report.skipped.map(\.id) == ["b", "c", "d"])
            #expect(report.skipped[0].reason.contains("b/right.png") && report.skipped[0].reason.contains("no such"))
            #expect(report.skipped[1].reason.contains("c/left.png"))
            #expect(report.metrics[0].score.count == 1 && report.metrics[0].score.value == 1)
            var strict = EvaluationSettings(isStrict: true)
            let error = try #require(throws: DreamSimError.self) {
                try Self.evaluate(set, [PixelMetric.l1], strict)
            }
            #expect(error.kind == .skipped && "\(error)".contains("b/right.png"))
            // Brought to one size, the last can be compared.
            strict = EvaluationSettings(resize: 16)
            #expect(try Self.evaluate(set, [PixelMetric.l1], strict).metrics[0].score.count == 2)
        }
    }

    @Test("A set of which nothing can be taken is an error")
    func nothing() throws {
        try Fixtures.withTemporaryFolder { folder in
            let set = try JudgedSet.triplets(Self.triplets([("a", -1, -1, "left")], in: folder))
            let error = try #require(throws: DreamSimError.self) { try Self.evaluate(set) }
            #expect(error.kind == .empty && error.reason.contains("a/left.png"))
        }
    }

    @Test("A second run computes nothing; a changed image is computed anew; a torn line is ignored")
    func cache() throws {
        try Fixtures.withTemporaryFolder { folder in
            let file = try Self.triplets([("a", 110, 120, "left"), ("b", 90, 120, "left")], in: folder)
            let settings = EvaluationSettings(cache: folder.appending(path: "cache"))
            let set = try JudgedSet.triplets(file)
            let first = try Self.evaluate(set, [PixelMetric.l1], settings)
            #expect(first.metrics[0].computed == 5)
            let second = try Self.evaluate(set, [PixelMetric.l1], settings)
            #expect(second.metrics[0].computed == 0 && second.metrics[0].score == first.metrics[0].score)
            #expect(second.items.map { $0.values[0] } == first.items.map { $0.values[0] })
            // What a killed process leaves: the last line without its end.
            let journal = try #require(
                FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "cache").path).first)
            let url = folder.appending(path: "cache/\(journal)")
            let whole = try Data(contentsOf: url)
            try whole.dropLast(3).write(to: url)
            let third = try Self.evaluate(set, [PixelMetric.l1], settings)
            #expect(third.metrics[0].computed == 1 && third.metrics[0].score == first.metrics[0].score)
            #expect(try Data(contentsOf: url).count == whole.count)
            try Images.gray(200, to: folder.appending(path: "a/left.png"), side: 16)
            let changed = try Self.evaluate(set, [PixelMetric.l1], settings)
            #expect(changed.metrics[0].computed == 1 && changed.items[0].scores[0]?.score == 0)
            // Garbage in the place of a journal is begun anew.
            try Data([0, 1, 2, 255]).write(to: url)
            #expect(try Self.evaluate(set, [PixelMetric.l1], settings).metrics[0].computed == 5)
        }
    }

    @Test("Odd one out and same-or-not sets are scored as they should be")
    func others() throws {
        try Fixtures.withTemporaryFolder { folder in
            for level in [10, 20, 40, 200] { try Images.gray(level, to: folder.appending(path: "\(level).png")) }
            let list = folder.appending(path: "odd.txt")
            // Right; right by a tie (10-20-... no nearer pair); wrong.
            try Images.text("10 20 200\n10 10 10\n10 200 20\n", to: list)
            let odd = try Self.evaluate(try JudgedSet.things(list.imagePath), [PixelMetric.mse])
            #expect(odd.metrics[0].score.value == 2.0 / 3)
            let pairs = folder.appending(path: "pairs.csv")
            try Images.text(
                "a,b,same\n10.png,20.png,1\n10.png,40.png,0\n20.png,40.png,1\n10.png,200.png,0\n", to: pairs)
            let set = try JudgedSet.pairs(pairs.imagePath)
            for metric in [PixelMetric.l1, .psnr] {
                // Order: same, same, not, not.
                let report = try Self.evaluate(set, [metric])
                #expect(report.metrics[0].score.value == 1)
                let calibration = try CalibrationReport(report, criterion: .precision(1))
                let found = calibration.metrics[0]
                #expect(found.area.value == 1 && found.threshold.recall == 1 && found.threshold.precision == 1)
                if metric == .l1 { #expect(abs(found.threshold.value * 255 - 25) < 1e-9, "half-way from 20 to 30") }
                #expect(calibration.thresholds[0].threshold.count == 4)
            }
        }
    }
}

@Suite("Thresholds")
struct ThresholdTests {
    /// Same at 1, 2, 4; not at 3, 5, 6.
    static let points = RankedPairsTests.points([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 0], .lowerIsMoreAlike)

    @Test("Each criterion finds its threshold, half-way to the next value")
    func criteria() throws {
        let strict = try #require(RankedPairs.cut(Self.points, .precision(0.99)))
        #expect(strict.value == 2.5 && strict.precision == 1 && abs(strict.recall - 2.0 / 3) < 1e-12)
        let loose = try #require(RankedPairs.cut(Self.points, .precision(0.75)))
        #expect(loose.value == 4.5 && loose.precision == 0.75 && loose.recall == 1)
        // J: 1/3, 2/3, 1/3, 2/3, …: the strictest of the best.
        #expect(RankedPairs.cut(Self.points, .youden)?.value == 2.5)
        // F1: at 2 0.8, at 4 2 * 0.75 / 1.75.
        let f1 = try #require(RankedPairs.cut(Self.points, .f1))
        #expect(f1.value == 4.5 && abs(f1.f1 - 6.0 / 7) < 1e-12)
        #expect(abs(f1.falsePositiveRate - 1.0 / 3) < 1e-12)
    }

    @Test("A precision that is not reached is refused, with the best there is")
    func unreachable() throws {
        try Fixtures.withTemporaryFolder { folder in
            for level in [10, 20, 40] { try Images.gray(level, to: folder.appending(path: "\(level).png")) }
            let pairs = folder.appending(path: "pairs.csv")
            try Images.text("a,b,same\n10.png,20.png,0\n10.png,40.png,1\n", to: pairs)
            let report = try EvaluatorTests.evaluate(try JudgedSet.pairs(pairs.imagePath), [PixelMetric.l1])
            let error = try #require(throws: DreamSimError.self) {
                try CalibrationReport(report, criterion: .precision(0.9))
            }
            #expect(error.kind == .unreachable && error.reason.contains("0.5"))
            try Images.text("a,b,same\n10.png,20.png,1\n10.png,40.png,1\n", to: pairs)
            let one = try EvaluatorTests.evaluate(try JudgedSet.pairs(pairs.imagePath), [PixelMetric.l1])
            let missing = try #require(throws: DreamSimError.self) {
                try CalibrationReport(one, criterion: .youden)
            }
            #expect(missing.kind == .empty)
        }
    }
}

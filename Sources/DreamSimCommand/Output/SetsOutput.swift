import DreamSimEvaluation
import Foundation

/// Scores of two sets.
struct SetsOutput: ReportOutput {
    let report: SetComparison

    var metrics: [MetricColumn] { report.metrics }

    var lines: [Line] {
        report.scores.map { entry in
            Line(
                score: entry.score.rawValue, value: entry.value, low: entry.interval?.low, high: entry.interval?.high,
                higherIsBetter: entry.higherIsBetter, real: report.real.name, generated: report.generated.name,
                realImages: report.real.images, generatedImages: report.generated.images, neighbors: report.neighbors)
        }
    }

    var rows: [[String]] {
        [
            [
                "score", "value", "low", "high", "higherIsBetter", "real", "generated", "realImages", "generatedImages",
                "neighbors",
            ] + MetricText.columns
        ]
            + lines.map { line in
                [
                    line.score, "\(line.value)", EvaluationOutput.exact(line.low), EvaluationOutput.exact(line.high),
                    line.higherIsBetter.map { "\($0)" } ?? "", line.real, line.generated,
                    line.realImages.map { "\($0)" } ?? "", line.generatedImages.map { "\($0)" } ?? "",
                    "\(line.neighbors)",
                ] + MetricText.fields(metrics)
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([("score", .left), ("value", .right), ("95 % interval", .left), ("", .left)])
        for entry in report.scores {
            let way = entry.higherIsBetter.map { $0 ? "higher is better" : "lower is nearer" } ?? ""
            table.add([
                entry.score.rawValue, Self.figure(entry.value),
                entry.interval.map { "\(Self.figure($0.low)) to \(Self.figure($0.high))" } ?? "-", way,
            ])
        }
        if quiet { return table.lines(quiet: true) }
        func side(_ side: SetComparison.Side, _ what: String) -> String {
            "\(what): \(side.name), \(side.images.map { "\($0) images" } ?? "mean and covariance")"
        }
        return table.lines() + ["", side(report.real, "real"), side(report.generated, "generated")]
            + [
                "embeddings of \(report.width) components; neighborhoods reach to the neighbor number \(report.neighbors)"
            ]
            + Self.ending(report.metrics, report.bootstrap, report.notes)
    }

    /// In six significant digits.
    static func figure(_ value: Double) -> String { String(format: "%.6g", value) }

    /// What stands below the numbers.
    static func ending(_ metrics: [MetricColumn], _ bootstrap: Bootstrap?, _ notes: [String]) -> [String] {
        (bootstrap.map { ["intervals: bootstrap of the images' influences, \($0.resamples) draws, seed \($0.seed)"] }
            ?? [])
            + metrics.map(MetricText.origin) + notes.map { "note: \($0)" }
    }

    struct Line: Encodable {
        let score: String
        let value: Double
        let low, high: Double?
        let higherIsBetter: Bool?
        let real, generated: String
        let realImages, generatedImages: Int?
        let neighbors: Int
    }
}

/// The diversity of one set.
struct DiversityOutput: ReportOutput {
    let report: SetDiversity

    var metrics: [MetricColumn] { report.metrics }

    /// The pairs; the mean is in the other layouts.
    var lines: [Line] {
        report.nearest.map { Line("nearest", $0, report) } + report.farthest.map { Line("farthest", $0, report) }
    }

    var rows: [[String]] {
        let head =
            ["what", "distance", "rowA", "rowB", "imageA", "imageB", "low", "high", "images"] + MetricText.columns
        let images = report.set.images.map { "\($0)" } ?? ""
        let ends = [images] + MetricText.fields(metrics)
        let interval = report.diversity.interval
        return [head]
            + [
                ["diversity", "\(report.diversity.value)", "", "", "", ""]
                    + [interval?.low, interval?.high].map(EvaluationOutput.exact) + ends
            ]
            + Self.percents.map { ["\($0) %", EvaluationOutput.exact(report.distribution["\($0)"])] + blank(6) + ends }
            + lines.map { line in
                [
                    line.what, "\(line.distance)", "\(line.rowA)", "\(line.rowB)", line.imageA?.exact ?? "",
                    line.imageB?.exact ?? "", "", "",
                ] + ends
            }
    }

    private func blank(_ count: Int) -> [String] { [String](repeating: "", count: count) }

    private static let percents = [0, 5, 25, 50, 75, 95, 100]

    func table(quiet: Bool) -> [String] {
        let entry = report.diversity
        let interval = entry.interval.map {
            "  (95 %: \(SetsOutput.figure($0.low)) to \(SetsOutput.figure($0.high)))"
        }
        var lines = ["diversity  \(SetsOutput.figure(entry.value))\(interval ?? "")"]
        if quiet { return lines }
        var shares = TextTable(Self.percents.map { ($0 == 0 ? "least" : $0 == 100 ? "largest" : "\($0) %", .right) })
        shares.add(Self.percents.map { report.distribution["\($0)"].map(SetsOutput.figure) ?? "-" })
        lines += ["", "distances of all pairs:"] + shares.lines()
        for (title, pairs) in [("nearest pairs:", report.nearest), ("farthest pairs:", report.farthest)]
        where !pairs.isEmpty {
            var table = TextTable([("distance", .right), ("image", .left), ("image", .left)])
            for pair in pairs {
                table.add([
                    SetsOutput.figure(pair.distance), pair.imageA.map { "\($0)" } ?? "row \(pair.rowA)",
                    pair.imageB.map { "\($0)" } ?? "row \(pair.rowB)",
                ])
            }
            lines += ["", title] + table.lines()
        }
        return lines + ["", "\(report.set.name): \(report.set.images ?? 0) images"]
            + SetsOutput.ending(report.metrics, report.bootstrap, report.notes)
    }

    struct Line: Encodable {
        let what: String
        let distance: Double
        let rowA, rowB: Int
        let imageA, imageB: ImagePath?
        let diversity: Double
        let images: Int?

        init(_ what: String, _ pair: SetDiversity.Pair, _ report: SetDiversity) {
            (self.what, distance) = (what, pair.distance)
            (rowA, rowB, imageA, imageB) = (pair.rowA, pair.rowB, pair.imageA, pair.imageB)
            (diversity, images) = (report.diversity.value, report.set.images)
        }
    }
}

/// What each image contributes, as a file.
enum ContributionText {
    static func text(_ report: SetComparison, _ path: String) throws -> String {
        let all = report.contributions ?? []
        switch URL(filePath: path).pathExtension.lowercased() {
        case "json":
            return try JSON.text(
                Whole(
                    metrics: report.metrics, real: report.real, generated: report.generated,
                    neighbors: report.neighbors, contributions: all)) + "\n"
        case "ndjson":
            return try all.map { try JSON.line(DescribedLine(metrics: report.metrics, line: $0)) + "\n" }.joined()
        default:
            let head = [
                "set", "row", "image", "isInside", "isCovered", "neighborhoods", "nearest", "nearestImage",
                "nearestDistance", "frechet",
            ]
            return CSV.line(head + MetricText.columns)
                + all.map { entry in
                    CSV.line(
                        [
                            entry.set.rawValue, "\(entry.row)", entry.image?.exact ?? "", "\(entry.isInside)",
                            entry.isCovered.map { "\($0)" } ?? "", entry.neighborhoods.map { "\($0)" } ?? "",
                            "\(entry.nearest)", entry.nearestImage?.exact ?? "", "\(entry.nearestDistance)",
                            "\(entry.frechet)",
                        ] + MetricText.fields(report.metrics))
                }.joined()
        }
    }

    private struct Whole: Encodable {
        let metrics: [MetricColumn]
        let real, generated: SetComparison.Side
        let neighbors: Int
        let contributions: [SetContribution]
    }
}

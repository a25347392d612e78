import DreamSimEvaluation
import Foundation

/// A classification by nearest neighbors.
struct ClassificationOutput: ReportOutput {
    let report: NeighborClassification

    var metrics: [MetricColumn] { report.metrics }

    var lines: [NeighborClassification.ClassResult] { report.classes }

    var rows: [[String]] {
        let head = ["class", "images", "accuracy", "low", "high", "confusedWith"] + MetricText.columns
        func whole(_ name: String, _ estimate: Estimate) -> [String] {
            [
                name, "\(estimate.count)", EvaluationOutput.exact(estimate.value),
                EvaluationOutput.exact(estimate.interval?.low), EvaluationOutput.exact(estimate.interval?.high), "",
            ] + MetricText.fields(metrics)
        }
        return [head, whole("all, top 1", report.accuracy), whole("all, top 5", report.top5)]
            + report.classes.map { entry in
                [entry.name, "\(entry.images)", "\(entry.accuracy)", "", "", entry.confusedWith ?? ""]
                    + MetricText.fields(metrics)
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([("", .left), ("accuracy", .right), ("95 % interval", .left), ("n", .right)])
        for (name, estimate) in [("top 1", report.accuracy), ("top 5", report.top5)] {
            table.add([name] + Self.cells(estimate))
        }
        if quiet { return table.lines(quiet: true) }
        var classes = TextTable([("class", .left), ("images", .right), ("accuracy", .right), ("taken for", .left)])
        for entry in report.classes {
            classes.add([
                entry.name, "\(entry.images)", String(format: "%.4f", entry.accuracy), entry.confusedWith ?? "-",
            ])
        }
        let settings = report.settings
        return table.lines() + [""] + classes.lines() + [
            "",
            "\(report.protocolName): \(settings.neighbors) of \(report.gallery) images vote, temperature \(settings.temperature)",
            "intervals: \(settings.bootstrap)",
        ] + metrics.map(MetricText.origin) + report.notes.map { "note: \($0)" }
    }

    /// A share, its interval and its number of items.
    static func cells(_ estimate: Estimate) -> [String] {
        [
            estimate.value.map { String(format: "%.4f", $0) } ?? "-",
            estimate.interval.map { String(format: "%.4f to %.4f", $0.low, $0.high) } ?? "-", "\(estimate.count)",
        ]
    }

    /// Every image's class, as a file.
    func predictions(_ path: String) throws -> String {
        switch URL(filePath: path).pathExtension.lowercased() {
        case "json": return try JSON.text(report) + "\n"
        case "ndjson":
            return try report.predictions.map { try JSON.line(DescribedLine(metrics: metrics, line: $0)) + "\n" }
                .joined()
        default:
            return CSV.line(["image", "label", "predicted", "share"] + MetricText.columns)
                + report.predictions.map { entry in
                    CSV.line(
                        [entry.image?.exact ?? "", entry.label, entry.predicted, "\(entry.share)"]
                            + MetricText.fields(metrics))
                }.joined()
        }
    }
}

/// A retrieval.
struct RetrievalOutput: ReportOutput {
    let report: RetrievalEvaluation

    var metrics: [MetricColumn] { report.metrics }

    var lines: [Line] {
        scores.map { name, estimate in
            Line(
                score: name, value: estimate.value, low: estimate.interval?.low, high: estimate.interval?.high,
                queries: estimate.count, gallery: report.gallery)
        }
    }

    /// The recalls by k, then mAP.
    private var scores: [(name: String, estimate: Estimate)] {
        report.recallAt.compactMap { key, estimate in Int(key).map { ($0, estimate) } }.sorted { $0.0 < $1.0 }
            .map { ("R@\($0.0)", $0.1) } + [("mAP", report.meanAveragePrecision)]
    }

    var rows: [[String]] {
        [["score", "value", "low", "high", "queries", "gallery"] + MetricText.columns]
            + lines.map { line in
                [line.score] + [line.value, line.low, line.high].map(EvaluationOutput.exact)
                    + ["\(line.queries)", "\(line.gallery)"] + MetricText.fields(metrics)
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([("score", .left), ("value", .right), ("95 % interval", .left), ("queries", .right)])
        for (name, estimate) in scores { table.add([name] + ClassificationOutput.cells(estimate)) }
        if quiet { return table.lines(quiet: true) }
        return table.lines() + ["", "among \(report.gallery) images", "intervals: \(report.bootstrap)"]
            + metrics.map(MetricText.origin) + report.notes.map { "note: \($0)" }
    }

    /// Every query's places, as a file.
    func queries(_ path: String) throws -> String {
        switch URL(filePath: path).pathExtension.lowercased() {
        case "json": return try JSON.text(report) + "\n"
        case "ndjson":
            return try report.queries.map { try JSON.line(DescribedLine(metrics: metrics, line: $0)) + "\n" }.joined()
        default:
            return CSV.line(["image", "relevant", "firstRank", "averagePrecision"] + MetricText.columns)
                + report.queries.map { entry in
                    CSV.line(
                        [
                            entry.image?.exact ?? "", "\(entry.relevant)", "\(entry.firstRank)",
                            "\(entry.averagePrecision)",
                        ] + MetricText.fields(metrics))
                }.joined()
        }
    }

    struct Line: Encodable {
        let score: String
        let value, low, high: Double?
        let queries, gallery: Int
    }
}

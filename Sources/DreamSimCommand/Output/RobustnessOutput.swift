import DreamSim
import Foundation

/// The robustness of metrics.
struct RobustnessOutput: ReportOutput {
    let report: RobustnessReport

    var metrics: [MetricColumn] { report.metrics.map(\.column) }

    /// A line for each metric and alteration.
    var lines: [Line] {
        report.metrics.flatMap { metric in report.results.map { Line(report, metric, $0) } }
    }

    func metrics(of line: Line) -> [MetricColumn] { metrics.filter { $0.name == line.metric } }

    var rows: [[String]] {
        [
            [
                "metric", "alteration", "strength", "unit", "label", "value", "share", "recallAt1", "scale",
                "candidates",
                "images", "side", "seed",
            ] + MetricText.columns
        ]
            + lines.map { line in
                [
                    line.metric, line.alteration.rawValue, "\(line.strength)", line.unit, line.label, "\(line.value)",
                    "\(line.share)", "\(line.recallAt1)", "\(line.scale)", "\(line.candidates)", "\(line.images)",
                    "\(line.side)", "\(line.seed)",
                ] + MetricText.fields(metrics(of: line))
            }
    }

    /// Metrics beside each other, as many as a screen has room for.
    private static let columns = 5

    func table(quiet: Bool) -> [String] {
        // The errors say it all.
        if report.metrics.isEmpty { return [] }
        let tables = stride(from: 0, to: report.metrics.count, by: Self.columns).map { first in
            table(of: report.metrics[first..<min(first + Self.columns, report.metrics.count)]).lines(quiet: quiet)
        }
        let numbers = Array(tables.joined(separator: [""]))
        if quiet { return numbers }
        return numbers + [
            "", RobustnessReport.shareMeaning, RobustnessReport.recallMeaning,
            "images: \(report.images), \(report.preprocessing); candidates: \(report.candidates); seed \(report.seed)",
        ]
            + report.metrics.map { metric in
                MetricText.origin(metric.column)
                    + String(format: "; different images: %.4g (median of %d pairs)", metric.scale, metric.pairs)
            }
    }

    private func table(of metrics: ArraySlice<RobustnessReport.Metric>) -> TextTable {
        var table = TextTable(
            [("altered by", .left)] + metrics.flatMap { [($0.column.name, .right), ("R@1", .right)] })
        for entry in report.results {
            table.add(
                [entry.label]
                    + metrics.flatMap { metric in
                        [entry.shares, entry.recallAt1].map { MetricText.figure($0[metric.column.name], digits: 3) }
                    })
        }
        return table
    }

    /// What does not count, for standard error.
    static func notes(_ report: RobustnessReport) -> [String] {
        var notes: [String] = []
        if report.leftOut > 0 {
            notes.append("a random sample: \(report.leftOut) images are left out; --limit takes more")
        }
        if let first = report.duplicates.first {
            notes.append(
                "\(report.duplicates.count) \(report.duplicates.count == 1 ? "image is" : "images are") left out, being equal to "
                    + "another at this size, such as \(first)")
        }
        return notes
    }

    struct Line: Encodable {
        let metric: String
        let alteration: Alteration
        let strength: Double
        let unit: String
        let label: String
        let value: Double
        let share: Double
        let recallAt1: Double
        let scale: Double
        let candidates: Int
        let images: Int
        let side: Int
        let seed: UInt64

        init(_ report: RobustnessReport, _ metric: RobustnessReport.Metric, _ entry: RobustnessReport.Entry) {
            self.metric = metric.column.name
            (alteration, strength, unit, label) = (entry.alteration, entry.strength, entry.unit, entry.label)
            value = entry.values[self.metric] ?? .nan
            share = entry.shares[self.metric] ?? .nan
            recallAt1 = entry.recallAt1[self.metric] ?? .nan
            (scale, candidates) = (metric.scale, metric.candidates)
            (images, side, seed) = (report.images, report.side, report.seed)
        }
    }
}

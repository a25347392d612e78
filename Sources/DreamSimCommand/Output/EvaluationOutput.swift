import DreamSimEvaluation
import Foundation

/// An evaluation.
struct EvaluationOutput: ReportOutput {
    let report: EvaluationReport

    var metrics: [MetricColumn] { report.metrics.map(\.column) }

    /// A line for each metric and each part; the part `all` is the whole.
    var lines: [Line] {
        report.metrics.flatMap { metric in
            ([("all", metric.score)] + metric.parts.map { ($0.part, $0.score) }).map { part, estimate in
                Line(
                    metric: metric.column.name, part: part, score: report.dataSet.task.scoreName,
                    value: estimate.value, low: estimate.interval?.low, high: estimate.interval?.high,
                    count: estimate.count, dataSet: report.dataSet.name, selection: report.dataSet.selection,
                    digest: report.dataSet.digest)
            }
        }
    }

    func metrics(of line: Line) -> [MetricColumn] { metrics.filter { $0.name == line.metric } }

    var rows: [[String]] {
        [
            ["metric", "part", "score", "value", "low", "high", "count", "dataSet", "selection", "digest"]
                + MetricText.columns
        ]
            + lines.map { line in
                [
                    line.metric, line.part, line.score, Self.exact(line.value), Self.exact(line.low),
                    Self.exact(line.high), "\(line.count)", line.dataSet, line.selection, line.digest,
                ] + MetricText.fields(metrics.filter { $0.name == line.metric })
            }
    }

    /// What was passed over, for standard error.
    static func notes(_ report: EvaluationReport) -> [String] {
        func some(_ skips: [EvaluationReport.Skip]) -> [String] {
            skips.prefix(5).map { "  \($0.id): \($0.reason)" }
                + (skips.count > 5 ? ["  and \(skips.count - 5) more; -o FILE lists all"] : [])
        }
        var notes = report.dataSet.notes
        if !report.skipped.isEmpty {
            notes.append(
                ([
                    "\(report.skipped.count) of \(report.dataSet.judgments) judgments are skipped by every metric:"
                ] + some(report.skipped)).joined(separator: "\n"))
        }
        for metric in report.metrics where !metric.failures.isEmpty {
            notes.append(
                (["\(metric.column.name) has no value of \(metric.failures.count) judgments:"]
                    + some(metric.failures)).joined(separator: "\n"))
        }
        return notes
    }

    func table(quiet: Bool) -> [String] {
        let task = report.dataSet.task
        let ranked = report.metrics.sorted { ($0.score.value ?? -1) > ($1.score.value ?? -1) }
        let parts = report.metrics.first?.parts.map(\.part) ?? []
        var columns: [(String, TextTable.Alignment)] = [
            ("metric", .left), (task.scoreName, .right), ("95 % interval", .left), ("n", .right),
        ]
        if task == .sameOrNot { columns.append(("VOC", .right)) }
        columns += parts.flatMap { [($0, .right), ("interval", .left), ("n", .right)] }
        var table = TextTable(columns.map { (title: $0.0, alignment: $0.1) })
        for metric in ranked {
            var cells = [metric.column.name] + Self.cells(metric.score)
            if task == .sameOrNot { cells.append(Self.figure(metric.interpolatedPrecision)) }
            table.add(cells + metric.parts.flatMap { Self.cells($0.score) })
        }
        if quiet { return table.lines(quiet: true) }
        return table.lines() + [""] + against(ranked) + [
            task.scoreMeaning,
            "intervals: \(report.intervals)",
            "data: \(report.dataSet.name), \(report.dataSet.selection); \(report.dataSet.judgments) judgments, "
                + "\(report.skipped.count) skipped, \(report.dataSet.leftOut) left out by the selection; "
                + "digest \(report.dataSet.digest.prefix(12))",
        ] + ranked.map { MetricText.origin($0.column) } + report.caveats()
    }

    /// The best metric beside each other one.
    private func against(_ ranked: [EvaluationReport.MetricResult]) -> [String] {
        guard let best = ranked.first?.column.name, ranked.count > 1 else { return [] }
        let makesChoices = report.dataSet.task != .sameOrNot
        var table = TextTable(
            [("\(best) minus", .left), ("difference", .right), ("95 % interval", .left)]
                + (makesChoices ? [("same choice", .right), ("kappa", .right)] : []))
        for other in ranked.dropFirst() {
            guard let (comparison, sign) = report.comparison(best, other.column.name) else { continue }
            let (value, interval) = (comparison.difference.value, comparison.difference.interval)
            let ends = interval.map { sign > 0 ? ($0.low, $0.high) : (-$0.high, -$0.low) }
            table.add(
                [
                    other.column.name, value.map { Self.signed(sign * $0) } ?? "-",
                    ends.map { "\(Self.signed($0.0)) to \(Self.signed($0.1))" } ?? "-",
                ]
                    + (makesChoices
                        ? [Self.figure(comparison.sameChoice), Self.figure(comparison.kappa)] : []))
        }
        return table.lines() + [""]
    }

    private static func cells(_ estimate: Estimate) -> [String] {
        [
            figure(estimate.value), estimate.interval.map { String(format: "%.4f to %.4f", $0.low, $0.high) } ?? "-",
            "\(estimate.count)",
        ]
    }

    /// With a sign, but never -0.
    private static func signed(_ value: Double) -> String {
        String(format: "%+.4f", abs(value) < 5e-5 ? 0 : value)
    }

    private static func figure(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }

    /// With all digits; nothing for none.
    static func exact(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    struct Line: Encodable {
        let metric: String
        let part: String
        let score: String
        let value: Double?
        let low: Double?
        let high: Double?
        let count: Int
        let dataSet: String
        let selection: String
        let digest: String
    }
}

import DreamSim
import DreamSimEvaluation
import DreamSimSupport
import Foundation

/// Writes an evaluation in the layout that was asked for.
struct EvaluationOutput {
    let report: EvaluationReport
    let options: OutputOptions

    func text() throws -> String {
        switch options.format {
        case .table: table()
        case .json: try JSON.text(report) + "\n"
        case .ndjson: try lines.map { try JSON.line($0) + "\n" }.joined()
        case .csv:
            CSV.line(
                [
                    "metric", "part", "score", "value", "low", "high", "count", "direction", "weights", "settings",
                    "dataSet", "selection", "digest",
                ])
                + lines.map { line in
                    CSV.line([
                        line.metric, line.part, line.score, Self.exact(line.value), Self.exact(line.low),
                        Self.exact(line.high), "\(line.count)", line.direction.rawValue, line.weights ?? "",
                        line.settings, line.dataSet, line.selection, line.digest,
                    ])
                }.joined()
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
                (["\(metric.identity.name) has no value of \(metric.failures.count) judgments:"]
                    + some(metric.failures)).joined(separator: "\n"))
        }
        return notes
    }

    private func table() -> String {
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
            var cells = [metric.identity.name] + Self.cells(metric.score)
            if task == .sameOrNot { cells.append(Self.figure(metric.interpolatedPrecision)) }
            table.add(cells + metric.parts.flatMap { Self.cells($0.score) })
        }
        var lines = table.lines()
        if options.quiet {
            lines.removeFirst()
        } else {
            lines += [""] + against(ranked)
            lines += [
                task.scoreMeaning,
                "intervals: bootstrap, \(report.bootstrap.resamples) draws, seed \(report.bootstrap.seed), percentiles",
                "data: \(report.dataSet.name), \(report.dataSet.selection); \(report.dataSet.judgments) judgments, "
                    + "\(report.skipped.count) skipped, \(report.dataSet.leftOut) left out by the selection; "
                    + "digest \(report.dataSet.digest.prefix(12))",
            ]
            lines += ranked.map(\.identity).map { identity in
                "\(identity.name): \(identity.direction.rawValue); \(identity.settings)"
                    + (identity.weights.map { "; weights \($0.prefix(12))" } ?? "")
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The best metric beside each other one.
    private func against(_ ranked: [EvaluationReport.MetricResult]) -> [String] {
        guard let best = ranked.first?.identity.name, ranked.count > 1 else { return [] }
        let makesChoices = report.dataSet.task != .sameOrNot
        var table = TextTable(
            [("\(best) minus", .left), ("difference", .right), ("95 % interval", .left)]
                + (makesChoices ? [("same choice", .right), ("kappa", .right)] : []))
        for other in ranked.dropFirst() {
            guard let (comparison, sign) = report.comparison(best, other.identity.name) else { continue }
            let (value, interval) = (comparison.difference.value, comparison.difference.interval)
            let ends = interval.map { sign > 0 ? ($0.low, $0.high) : (-$0.high, -$0.low) }
            table.add(
                [
                    other.identity.name, value.map { Self.signed(sign * $0) } ?? "-",
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

    private static func exact(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    private struct Line: Encodable {
        let metric: String
        let part: String
        let score: String
        let value: Double?
        let low: Double?
        let high: Double?
        let count: Int
        let direction: Direction
        let weights: String?
        let settings: String
        let dataSet: String
        let selection: String
        let digest: String
    }

    /// A line for each metric and each part; the part `all` is the whole.
    private var lines: [Line] {
        report.metrics.flatMap { metric in
            ([("all", metric.score)] + metric.parts.map { ($0.part, $0.score) }).map { part, estimate in
                Line(
                    metric: metric.identity.name, part: part, score: report.dataSet.task.scoreName,
                    value: estimate.value, low: estimate.interval?.low, high: estimate.interval?.high,
                    count: estimate.count, direction: metric.identity.direction, weights: metric.identity.weights,
                    settings: metric.identity.settings, dataSet: report.dataSet.name,
                    selection: report.dataSet.selection, digest: report.dataSet.digest)
            }
        }
    }
}

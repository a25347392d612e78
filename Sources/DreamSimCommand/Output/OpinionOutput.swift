import DreamSimEvaluation
import Foundation

/// Metrics beside mean opinions.
struct OpinionOutput: ReportOutput {
    let report: OpinionReport

    var metrics: [MetricColumn] { report.metrics.compactMap(\.column) }

    /// A line for each metric and each kind of distortion; the kind `all` is the whole.
    struct Line: Encodable {
        let metric: String
        let distortion: String
        let spearman: Double?
        let kendall: Double?
        let pearson: Double?
        let rmse: Double?
        let count: Int
    }

    var lines: [Line] {
        report.metrics.flatMap { metric in
            [
                Line(
                    metric: metric.name, distortion: "all", spearman: metric.spearman.value, kendall: metric.kendall,
                    pearson: metric.pearson.value, rmse: metric.rmse, count: metric.spearman.count)
            ]
                + metric.parts.map {
                    Line(
                        metric: metric.name, distortion: $0.distortion, spearman: $0.spearman, kendall: $0.kendall,
                        pearson: $0.pearson, rmse: nil, count: $0.count)
                }
        }
    }

    func metrics(of line: Line) -> [MetricColumn] { metrics.filter { $0.name == line.metric } }

    var rows: [[String]] {
        [["metric", "distortion", "spearman", "kendall", "pearson", "rmse", "count"]]
            + lines.map { line in
                [
                    line.metric, line.distortion, EvaluationOutput.exact(line.spearman),
                    EvaluationOutput.exact(line.kendall), EvaluationOutput.exact(line.pearson),
                    EvaluationOutput.exact(line.rmse), "\(line.count)",
                ]
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([
            ("metric", .left), ("Spearman", .right), ("95 % interval", .left), ("Kendall", .right), ("Pearson", .right),
            ("95 % interval", .left), ("RMSE", .right), ("n", .right),
        ])
        let ranked = report.metrics.sorted { abs($0.spearman.value ?? 0) > abs($1.spearman.value ?? 0) }
        for metric in ranked {
            table.add([
                metric.name, Self.figure(metric.spearman.value), Self.interval(metric.spearman),
                Self.figure(metric.kendall), Self.figure(metric.pearson.value), Self.interval(metric.pearson),
                metric.rmse.map { String(format: "%.4g", $0) } ?? "-", "\(metric.spearman.count)",
            ])
        }
        if quiet { return table.lines(quiet: true) }
        return table.lines() + [""] + differences + [
            "Pearson and RMSE: after a logistic curve of \(report.curve.rawValue) parameters",
            "intervals: \(report.bootstrap)",
            "data: \(report.dataSet.name), \(report.dataSet.count) scored images",
        ] + metrics.map(MetricText.origin)
    }

    private var differences: [String] {
        guard !report.comparisons.isEmpty else { return [] }
        var table = TextTable([
            ("difference of |Spearman|", .left), ("", .right), ("95 % interval", .left), ("Steiger's Z", .right),
            ("p", .right),
        ])
        for comparison in report.comparisons {
            table.add([
                "\(comparison.first) - \(comparison.second)", Self.figure(comparison.difference.value),
                Self.interval(comparison.difference), comparison.z.map { String(format: "%.2f", $0) } ?? "-",
                comparison.p.map { String(format: "%.2g", $0) } ?? "-",
            ])
        }
        return table.lines() + [""]
    }

    private static func figure(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }

    private static func interval(_ estimate: Estimate) -> String {
        estimate.interval.map { String(format: "%.4f to %.4f", $0.low, $0.high) } ?? "-"
    }
}

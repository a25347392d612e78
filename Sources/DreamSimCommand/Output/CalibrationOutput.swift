import DreamSim
import DreamSimEvaluation
import DreamSimSupport
import Foundation

/// Writes a calibration in the layout that was asked for.
struct CalibrationOutput {
    let report: CalibrationReport
    let options: OutputOptions

    func text() throws -> String {
        switch options.format {
        case .table: table()
        case .json: try JSON.text(report) + "\n"
        case .ndjson: try report.metrics.map { try JSON.line($0) + "\n" }.joined()
        case .csv:
            CSV.line([
                "metric", "threshold", "thresholdLow", "thresholdHigh", "criterion", "precision", "recall",
                "falsePositiveRate", "f1", "area", "areaLow", "areaHigh", "averagePrecision", "count", "direction",
                "weights", "settings", "dataSet",
            ])
                + report.metrics.map { metric in
                    let (cut, area) = (metric.threshold, metric.area)
                    let line = [
                        metric.identity.name, "\(cut.value)", Self.exact(metric.thresholdInterval?.low),
                        Self.exact(metric.thresholdInterval?.high), report.criterion, "\(cut.precision)",
                        "\(cut.recall)", "\(cut.falsePositiveRate)", "\(cut.f1)",
                    ]
                    return CSV.line(
                        line + [
                            Self.exact(area.value), Self.exact(area.interval?.low), Self.exact(area.interval?.high),
                            Self.exact(metric.averagePrecision.value), "\(area.count)",
                            metric.identity.direction.rawValue, metric.identity.weights ?? "",
                            metric.identity.settings, report.dataSet.name,
                        ])
                }.joined()
        }
    }

    private func table() -> String {
        var table = TextTable([
            ("metric", .left), ("threshold", .right), ("95 % interval", .left), ("precision", .right),
            ("recall", .right), ("false alarms", .right), ("F1", .right), ("ROC area", .right),
            ("95 % interval", .left), ("AP", .right), ("n", .right),
        ])
        func figure(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }
        func interval(_ interval: Interval?) -> String {
            interval.map { String(format: "%.4g to %.4g", $0.low, $0.high) } ?? "-"
        }
        for metric in report.metrics {
            let cut = metric.threshold
            let sign = metric.identity.direction == .lowerIsMoreAlike ? "<=" : ">="
            table.add([
                metric.identity.name, "\(sign) " + String(format: "%.5g", cut.value),
                interval(metric.thresholdInterval),
                figure(cut.precision), figure(cut.recall), figure(cut.falsePositiveRate), figure(cut.f1),
                figure(metric.area.value), interval(metric.area.interval), figure(metric.averagePrecision.value),
                "\(metric.area.count)",
            ])
        }
        var lines = table.lines()
        if options.quiet {
            lines.removeFirst()
        } else {
            lines += [
                "",
                "a pair is classified as the same when its value is at or beyond the threshold; chosen by: \(report.criterion)",
                "pairs: \(report.dataSet.name), \(report.dataSet.selection); \(report.positives) the same, "
                    + "\(report.negatives) not, \(report.skipped.count) skipped; digest \(report.dataSet.digest.prefix(12))",
                "intervals: bootstrap, \(report.bootstrap.resamples) draws, seed \(report.bootstrap.seed), percentiles",
            ]
            for metric in report.metrics {
                if metric.drawsWithoutThreshold > 0 {
                    let share = String(format: "%.1f %%", metric.drawsWithoutThreshold * 100)
                    lines.append("caution: \(metric.identity.name) has no such threshold in \(share) of the draws")
                }
                lines.append(
                    "\(metric.identity.name): \(metric.identity.direction.rawValue); \(metric.identity.settings)"
                        + (metric.identity.weights.map { "; weights \($0.prefix(12))" } ?? ""))
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func exact(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
}

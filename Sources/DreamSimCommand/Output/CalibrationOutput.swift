import DreamSimEvaluation
import Foundation

/// A calibration.
struct CalibrationOutput: ReportOutput {
    let report: CalibrationReport

    var metrics: [MetricColumn] { report.metrics.map(\.column) }

    var lines: [CalibrationReport.MetricResult] { report.metrics }

    /// A line begins with its metric.
    func metrics(of line: CalibrationReport.MetricResult) -> [MetricColumn] { [] }

    var rows: [[String]] {
        let names = [
            "metric", "threshold", "thresholdLow", "thresholdHigh", "criterion", "precision", "recall",
            "falsePositiveRate", "f1", "area", "areaLow", "areaHigh", "averagePrecision", "count", "dataSet",
        ]
        return [names + MetricText.columns]
            + report.metrics.map { metric in
                let (cut, area) = (metric.threshold, metric.area)
                let estimates = [
                    metric.thresholdInterval?.low, metric.thresholdInterval?.high, area.value, area.interval?.low,
                    area.interval?.high, metric.averagePrecision.value,
                ].map(EvaluationOutput.exact)
                return [metric.column.name, "\(cut.value)"] + estimates[..<2] + [report.criterion]
                    + [cut.precision, cut.recall, cut.falsePositiveRate, cut.f1].map { "\($0)" } + estimates[2...]
                    + ["\(area.count)", report.dataSet.name] + MetricText.fields([metric.column])
            }
    }

    func table(quiet: Bool) -> [String] {
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
            let sign = metric.column.direction == .lowerIsMoreAlike ? "<=" : ">="
            table.add([
                metric.column.name, "\(sign) " + String(format: "%.5g", cut.value),
                interval(metric.thresholdInterval),
                figure(cut.precision), figure(cut.recall), figure(cut.falsePositiveRate), figure(cut.f1),
                figure(metric.area.value), interval(metric.area.interval), figure(metric.averagePrecision.value),
                "\(metric.area.count)",
            ])
        }
        if quiet { return table.lines(quiet: true) }
        var lines =
            table.lines() + [
                "",
                "a pair is classified as the same when its value is at or beyond the threshold; chosen by: \(report.criterion)",
                "pairs: \(report.dataSet.name), \(report.dataSet.selection); \(report.positives) the same, "
                    + "\(report.negatives) not, \(report.skipped.count) skipped; digest \(report.dataSet.digest.prefix(12))",
                "intervals: \(report.bootstrap)",
            ]
        for metric in report.metrics {
            if metric.drawsWithoutThreshold > 0 {
                let share = String(format: "%.1f %%", metric.drawsWithoutThreshold * 100)
                lines.append("caution: \(metric.column.name) has no such threshold in \(share) of the draws")
            }
            lines.append(MetricText.origin(metric.column))
        }
        return lines
    }
}

import DreamSim
import Foundation

/// What is in the foreground and what in the background.
struct ForegroundOutput: ReportOutput {
    let report: ForegroundReport

    var metrics: [MetricColumn] { report.metrics }

    var lines: [ForegroundReport.Measurement] { report.measurements }

    func metrics(of line: ForegroundReport.Measurement) -> [MetricColumn] { metrics.filter { $0.name == line.metric } }

    var rows: [[String]] {
        [
            ["metric", "whole", "foreground", "background", "imageA", "imageB", "shareA", "shareB", "source"]
                + MetricText.columns
        ]
            + report.measurements.map { row in
                [
                    row.metric, "\(row.whole)", EvaluationOutput.exact(row.foreground),
                    EvaluationOutput.exact(row.background), report.a.image.exact,
                    report.b.image.exact, "\(report.a.foreground)", "\(report.b.foreground)", report.source,
                ] + MetricText.fields(metrics.filter { $0.name == row.metric })
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([
            ("metric", .left), ("whole", .right), ("foreground", .right), ("background", .right),
        ])
        for (metric, row) in zip(metrics, report.measurements) {
            table.add([
                MetricText.title(metric), MetricText.figure(row.whole), MetricText.figure(row.foreground),
                MetricText.figure(row.background),
            ])
        }
        if quiet { return table.lines(quiet: true) }
        func side(_ side: ForegroundReport.Side) -> String {
            "\(side.image): " + String(format: "%.0f %% foreground", side.foreground * 100)
        }
        let note = String(
            format: "-: a part of less than %.0f %% of an image is not measured", 100 * ForegroundReport.leastShare)
        let hasAll = report.measurements.allSatisfy { $0.foreground != nil && $0.background != nil }
        return table.lines() + ["", side(report.a), side(report.b), "foreground: \(report.source)"]
            + (hasAll ? [] : [note])
            + MetricText.legend(metrics)
    }
}

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
                    row.metric, "\(row.whole)", "\(row.foreground)", "\(row.background)", report.a.image.exact,
                    report.b.image.exact, "\(report.a.foreground)", "\(report.b.foreground)", report.source,
                ] + MetricText.fields(metrics.filter { $0.name == row.metric })
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([
            ("metric", .left), ("whole", .right), ("foreground", .right), ("background", .right),
        ])
        func figure(_ value: Double) -> String { String(format: "%.5f", value) }
        for (metric, row) in zip(metrics, report.measurements) {
            table.add([
                MetricText.title(metric), figure(row.whole), figure(row.foreground), figure(row.background),
            ])
        }
        if quiet { return table.lines(quiet: true) }
        func side(_ side: ForegroundReport.Side) -> String {
            "\(side.image): " + String(format: "%.0f %% foreground", side.foreground * 100)
        }
        return table.lines() + ["", side(report.a), side(report.b), "foreground: \(report.source)"]
            + MetricText.legend(metrics)
    }
}

import DreamSim
import DreamSimSupport
import Foundation

/// Writes what is in the foreground and what in the background in the layout that was asked for.
struct ForegroundOutput {
    let report: ForegroundReport
    let options: OutputOptions

    func text() throws -> String {
        switch options.format {
        case .json: return try JSON.text(report) + "\n"
        case .ndjson: return try JSON.line(report) + "\n"
        case .csv:
            return CSV.line([
                "metric", "whole", "foreground", "background", "direction", "imageA", "imageB", "shareA", "shareB",
                "source",
            ])
                + report.measurements.map { row in
                    CSV.line([
                        row.metric, "\(row.whole)", "\(row.foreground)", "\(row.background)", row.direction.rawValue,
                        "\(report.a.image)", "\(report.b.image)", "\(report.a.foreground)", "\(report.b.foreground)",
                        report.source,
                    ])
                }.joined()
        case .table:
            var table = TextTable([
                ("metric", .left), ("whole", .right), ("foreground", .right), ("background", .right), ("", .left),
            ])
            func figure(_ value: Double) -> String { String(format: "%.5f", value) }
            for row in report.measurements {
                table.add([
                    row.metric, figure(row.whole), figure(row.foreground), figure(row.background),
                    row.direction.rawValue,
                ])
            }
            var lines = table.lines()
            if options.quiet {
                lines.removeFirst()
            } else {
                func side(_ side: ForegroundReport.Side) -> String {
                    "\(side.image): " + String(format: "%.0f %% foreground", side.foreground * 100)
                }
                lines += ["", side(report.a), side(report.b), "foreground: \(report.source)"]
            }
            return lines.map { $0 + "\n" }.joined()
        }
    }
}

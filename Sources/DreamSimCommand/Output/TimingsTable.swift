import DreamSim
import Foundation

/// The table of `--timings`, on standard error at the end of a run.
enum TimingsTable {
    /// Writes the table, if anything was measured.
    static func show() {
        guard let report = TimingsReport.end() else { return }
        var table = TextTable([
            ("stage", .left), ("seconds", .right), ("share", .right), ("GFLOP", .right), ("GFLOP/s", .right),
        ])
        func figure(_ value: Double?, _ digits: Int) -> String {
            value.map { String(format: "%.\(digits)f", $0) } ?? ""
        }
        for entry in report.stages + report.beside {
            table.add([
                entry.stage, figure(entry.seconds, 3), entry.share.map { figure(100 * $0, 1) + " %" } ?? "beside",
                figure(entry.gigaOperations, 1), figure(entry.rate, 1),
            ])
        }
        table.add(["all", figure(report.seconds, 3), "100.0 %", "", ""])
        Terminal.table(table)
    }
}

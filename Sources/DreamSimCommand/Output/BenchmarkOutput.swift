import DreamSim
import Foundation

/// Writes how long something takes in the layout that was asked for.
struct BenchmarkOutput {
    /// What was timed: its sort and its name.
    let what: (sort: String, name: String)
    /// What the seconds are for.
    let unit: String
    /// What else matters, for columns of their own.
    let details: [(name: String, value: String)]
    let batch: Int
    let runs: Int
    let hardware: HardwareReport
    let median: Double
    let fastest: Double
    let slowest: Double

    func write(_ report: some Encodable, _ output: OutputOptions, justSeconds: Bool) throws {
        if justSeconds { return Terminal.write("\(median)\n") }
        switch output.format {
        case .json: Terminal.write(try JSON.text(report) + "\n")
        case .ndjson: Terminal.write(try JSON.line(report) + "\n")
        case .csv:
            Terminal.write(
                CSV.line(
                    [what.sort] + details.map(\.name) + [
                        "batch", "threads", "kernels", "runs", "median", "fastest", "slowest",
                    ])
                    + CSV.line(
                        [what.name] + details.map(\.value) + [
                            "\(batch)", "\(hardware.threads)", hardware.kernels, "\(runs)", "\(median)", "\(fastest)",
                            "\(slowest)",
                        ]))
        case .table:
            var table = TextTable(
                [(what.sort, .left)] + details.map { ($0.name, .right) } + [
                    ("batch", .right), ("threads", .right), ("kernels", .left), ("s/\(unit)", .right),
                    ("fastest", .right), ("slowest", .right), ("\(unit)s/s", .right),
                ])
            func figure(_ value: Double) -> String { String(format: "%.4f", value) }
            table.add(
                [what.name] + details.map(\.value) + [
                    "\(batch)", "\(hardware.threads)", hardware.kernels, figure(median), figure(fastest),
                    figure(slowest), String(format: "%.2f", 1 / median),
                ])
            Terminal.write(table.lines().dropFirst(output.quiet ? 1 : 0).map { $0 + "\n" }.joined())
        }
    }
}

import DreamSim
import Foundation

/// Writes how long something takes in the layout that was asked for.
struct BenchmarkOutput {
    /// What was timed: its sort and its name.
    let what: (sort: String, name: String)
    /// What the seconds are for.
    let unit: String
    /// A size that matters, if any.
    let extent: (name: String, value: Int)?
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
            let size = (names: extent.map { [$0.name] } ?? [], values: extent.map { ["\($0.value)"] } ?? [])
            Terminal.write(
                CSV.line(
                    [what.sort] + size.names + ["batch", "threads", "kernels", "runs", "median", "fastest", "slowest"])
                    + CSV.line(
                        [what.name] + size.values + [
                            "\(batch)", "\(hardware.threads)", hardware.kernels, "\(runs)", "\(median)", "\(fastest)",
                            "\(slowest)",
                        ]))
        case .table:
            var table = TextTable(
                [(what.sort, .left)] + (extent.map { [($0.name, .right)] } ?? []) + [
                    ("batch", .right), ("threads", .right), ("kernels", .left), ("s/\(unit)", .right),
                    ("fastest", .right), ("slowest", .right), ("\(unit)s/s", .right),
                ])
            func figure(_ value: Double) -> String { String(format: "%.4f", value) }
            table.add(
                [what.name] + (extent.map { ["\($0.value)"] } ?? []) + [
                    "\(batch)", "\(hardware.threads)", hardware.kernels, figure(median), figure(fastest),
                    figure(slowest), String(format: "%.2f", 1 / median),
                ])
            Terminal.write(table.lines().dropFirst(output.quiet ? 1 : 0).map { $0 + "\n" }.joined())
        }
    }
}

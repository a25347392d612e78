import ArgumentParser
import DreamSim
import Foundation

struct ModelsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the models of the catalog.")

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let rows = Catalog.listing(in: ModelStore(try store.configuration()))
        switch output.format {
        case .json: Terminal.write(try JSON.text(rows) + "\n")
        case .ndjson: Terminal.write(try rows.map { try JSON.line($0) + "\n" }.joined())
        case .csv:
            Terminal.write(
                CSV.line(["name", "ready", "width", "nightsValidation", "nightsTest", "license", "summary"])
                    + rows.map {
                        CSV.line([
                            $0.name, "\($0.isReady)", "\($0.width)", Self.figure($0.nightsValidation),
                            Self.figure($0.nightsTest), $0.license, $0.summary,
                        ])
                    }.joined())
        case .table:
            var table = TextTable([
                ("name", .left), ("ready", .left), ("width", .right), ("NIGHTS val/test", .right),
                ("what it is", .left),
            ])
            for row in rows {
                let agreement = row.nightsTest.map { "\(Self.figure(row.nightsValidation))/\(Self.figure($0))" } ?? "-"
                table.add([row.name, row.isReady ? "yes" : "no", "\(row.width)", agreement, row.summary])
            }
            var lines = table.lines()
            if output.quiet {
                lines.removeFirst()
            } else {
                lines += [
                    "", "NIGHTS: agreement with human judgments in per cent, as DreamSim's authors publish it.",
                    "Fetch one with 'dreamsim models pull NAME'; 'dreamsim models info NAME' says more, and the license.",
                ]
            }
            Terminal.write(lines.map { $0 + "\n" }.joined())
        }
    }

    private static func figure(_ value: Double?) -> String {
        value.map { String(format: "%.1f", $0) } ?? ""
    }
}

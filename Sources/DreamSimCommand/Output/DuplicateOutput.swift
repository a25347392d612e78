public import ArgumentParser
import DreamSim
public import DreamSimRetrieval
import DreamSimSupport
import Foundation

extension DuplicateTier: ExpressibleByArgument {}

/// Writes duplicates in the layout that was asked for.
struct DuplicateOutput {
    let report: DuplicateReport
    let options: DuplicateOutputOptions

    func text() throws -> String {
        switch options.format {
        case .table: return table()
        case .json: return try JSON.text(report) + "\n"
        case .ndjson: return try report.groups.map { try JSON.line($0) + "\n" }.joined()
        case .csv:
            return CSV.line(
                ["group", "keep", "image", "tier", "distance", "direction", "width", "height", "bytes", "format"])
                + report.groups.enumerated().flatMap { number, group in
                    group.files.enumerated().map { place, file in
                        CSV.line([
                            "\(number + 1)", "\(place == 0)", "\(file.image)", file.tier.rawValue, "\(file.distance)",
                            report.direction.rawValue, "\(file.width)", "\(file.height)", "\(file.bytes)", file.format,
                        ])
                    }
                }.joined()
        }
    }

    private func table() -> String {
        var table = TextTable([
            ("", .left), ("tier", .left), ("distance", .right), ("size", .right), ("bytes", .right), ("image", .left),
        ])
        for group in report.groups {
            for (place, file) in group.files.enumerated() {
                table.add([
                    place == 0 ? "keep" : "", place == 0 ? "" : file.tier.rawValue,
                    place == 0 ? "" : String(format: "%.5f", file.distance), "\(file.width)x\(file.height)",
                    "\(file.bytes)", "\(file.image)",
                ])
            }
        }
        var lines = report.groups.isEmpty ? [] : options.quiet ? Array(table.lines().dropFirst()) : table.lines()
        if !options.quiet {
            let size = String(format: "%.1f MB", Double(report.bytes) / 1e6)
            lines += [
                "",
                "\(Self.count(report.groups.count, "group")), \(Self.count(report.duplicates, "file")) of \(size) that "
                    + "could go, of \(Self.count(report.images, "image"))"
                    + (report.method == .exact ? "" : "; approximate: some may be missing"),
                "distance from the kept copy: 0 is the same, \(report.direction.rawValue); tiers: \(report.thresholds)",
                "kept: \(report.rules.joined(separator: ", "))",
            ]
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}

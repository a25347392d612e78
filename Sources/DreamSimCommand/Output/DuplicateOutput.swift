public import ArgumentParser
public import DreamSimRetrieval
import Foundation

extension DuplicateTier: ExpressibleByArgument {}

/// Duplicates.
struct DuplicateOutput: ReportOutput {
    let report: DuplicateReport

    var metrics: [MetricColumn] { report.metrics }

    var lines: [DuplicateReport.Group] { report.groups }

    var rows: [[String]] {
        [
            ["group", "keep", "image", "tier"] + metrics.map(\.name) + ["width", "height", "bytes", "format"]
                + MetricText.columns
        ]
            + report.groups.enumerated().flatMap { number, group in
                group.files.enumerated().map { place, file in
                    [
                        "\(number + 1)", "\(place == 0)", file.image.exact, file.tier.rawValue, "\(file.distance)",
                        "\(file.width)", "\(file.height)", "\(file.bytes)", file.format,
                    ] + MetricText.fields(metrics)
                }
            }
    }

    func table(quiet: Bool) -> [String] {
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
        let lines = report.groups.isEmpty ? [] : table.lines(quiet: quiet)
        if quiet { return lines }
        let size = String(format: "%.1f MB", Double(report.bytes) / 1e6)
        return lines + [
            "",
            "\(Self.count(report.groups.count, "group")), \(Self.count(report.duplicates, "file")) of \(size) that "
                + "could go, of \(Self.count(report.images, "image"))"
                + (report.method == .exact ? "" : "; approximate: some may be missing"),
            "distance from the kept copy: 0 is the same, \(report.metric.direction.rawValue); tiers: \(report.thresholds)",
            "kept: \(report.rules.joined(separator: ", "))",
            MetricText.origin(report.metric),
        ]
    }

    private static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}

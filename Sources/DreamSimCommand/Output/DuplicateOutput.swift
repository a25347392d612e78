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
            ["group", "keep", "image", "tier", "evidence", "bits", "orientation", "link"] + metrics.map(\.name) + [
                "width", "height", "bytes", "format",
            ]
                + MetricText.columns
        ]
            + report.groups.enumerated().flatMap { number, group in
                group.files.enumerated().map { place, file in
                    [
                        "\(number + 1)", "\(place == 0)", file.image.exact, file.tier.rawValue,
                        file.evidence?.rawValue ?? "", file.hash.map { "\($0.bits)" } ?? "",
                        file.hash?.orientation.rawValue ?? "", "\(file.isLink)", "\(file.distance)",
                        "\(file.width)", "\(file.height)", "\(file.bytes)", file.format,
                    ] + MetricText.fields(metrics)
                }
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([
            ("", .left), ("tier", .left), ("because of", .left), ("distance", .right), ("size", .right),
            ("bytes", .right), ("image", .left),
        ])
        for group in report.groups {
            for (place, file) in group.files.enumerated() {
                table.add([
                    place == 0 ? "keep" : file.isLink ? "link" : "", place == 0 ? "" : file.tier.rawValue,
                    file.evidence == .model ? "model" : file.reason,
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
            "distance of \(report.metric.name) from the kept copy: 0 is the same, \(report.metric.direction.rawValue); tiers: \(report.thresholds)",
            "kept: \(report.rules.joined(separator: ", "))",
            MetricText.origin(report.metric),
        ]
    }

    /// What should be known of how copies were found.
    static func notes(_ report: DuplicateReport) -> [String] {
        var notes: [String] = []
        if report.tier >= .reencoded, report.withoutFingerprint > 0 {
            notes.append(
                "\(count(report.withoutFingerprint, "image")) without a perceptual hash in the index, so that copies of them "
                    + "are found by the model alone; 'dreamsim index' makes hashes of files that are there")
        }
        if report.uncertain > 0 {
            let files = report.uncertain == 1 ? "1 more file has" : "\(report.uncertain) more files have"
            notes.append("\(files) the hash of another image, and may be edited; --tier near lists them")
        }
        let doubtful = report.groups.flatMap(\.superfluous).count { $0.evidence == .model }
        if doubtful > 0 {
            notes.append(
                "\(count(doubtful, "file")) \(doubtful == 1 ? "is" : "are") near by the model alone, which may take pages of text or "
                    + "charts for copies; look at them (--html) before they are moved")
        }
        let gone = report.groups.flatMap(\.files).filter { !$0.image.isThere }
        if let first = gone.first {
            notes.append(
                "\(count(gone.count, "file")) of these \(gone.count == 1 ? "is" : "are") no longer there, such as \(first.image); "
                    + "update the index")
        }
        if report.tier == .near, report.thresholds.near == nil, report.thresholds.dataSet == nil {
            notes.append(
                "\(report.metric.name) is not calibrated, so that copies are found by their hashes alone; 'dreamsim calibrate "
                    + "FOLDER --metric \(report.metric.name)"
                    + (report.metric.precision.map { " --precision \($0.rawValue)" } ?? "")
                    + "' calibrates it, --near-distance chooses a distance")
        }
        return notes
    }

    private static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}

import DreamSim
import DreamSimSupport
import Foundation

/// Writes a ranking in the layout that was asked for.
struct ComparisonOutput {
    let report: ComparisonReport
    let options: OutputOptions
    /// What is known of the values of the metric that ranks.
    var profile: MetricProfile?

    func text() throws -> String {
        switch options.format {
        case .table: return table()
        case .json: return try JSON.text(report) + "\n"
        case .ndjson:
            return try report.results.map { try JSON.line(Line(report, $0)) + "\n" }.joined()
                + report.failures.map { try JSON.line(Line(report, $0)) + "\n" }.joined()
        case .csv: return csv()
        }
    }

    private func csv() -> String {
        let names = report.metrics.map(\.name)
        func line(_ rank: Int?, _ image: ImagePath, _ values: [String: Double], _ error: String) -> String {
            CSV.line(
                [rank.map(String.init) ?? "", "\(image)"] + names.map { name in values[name].map { "\($0)" } ?? "" }
                    + ["\(report.reference)", report.rankedBy] + MetricText.fields(report.metrics) + [error])
        }
        return CSV.line(["rank", "image"] + names + ["reference", "rankedBy"] + MetricText.columns + ["error"])
            + report.results.map { entry in
                line(
                    entry.rank, entry.image, entry.values,
                    names.compactMap { entry.errors?[$0] }.joined(separator: "; "))
            }.joined()
            + report.failures.map { line(nil, $0.image, [:], $0.error) }.joined()
    }

    /// Nothing where nothing could be measured: the errors say it all.
    private func table() -> String {
        guard !report.results.isEmpty else { return "" }
        var lines = (isWide ? metricsAsRows() : imagesAsRows()).lines()
        if options.quiet {
            lines.removeFirst()
        } else {
            lines.append("")
            if !MetricText.isDistance(report.metrics) {
                lines.append("compared with \(report.reference), ranked by \(report.rankedBy)")
            }
            lines += MetricText.legend(report.metrics, reference: report.reference)
            lines += MetricText.meaning(profile, of: report.results.first?.values[report.rankedBy])
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Whether a row an image would be too long to read, and a row a metric is not.
    private var isWide: Bool { report.metrics.count > 6 && report.metrics.count > report.results.count }

    private func metricsAsRows() -> TextTable {
        var table = TextTable([("metric", .left)] + report.results.map { ("\($0.image)", .right) })
        for metric in report.metrics {
            table.add([MetricText.title(metric)] + report.results.map { MetricText.figure($0.values[metric.name]) })
        }
        return table
    }

    private func imagesAsRows() -> TextTable {
        var table = TextTable(
            [("rank", .right)] + MetricText.titles(report.metrics).map { ($0, .right) } + [("image", .left)])
        for entry in report.results {
            table.add(
                [entry.rank.map(String.init) ?? "-"]
                    + report.metrics.map { MetricText.figure(entry.values[$0.name]) } + ["\(entry.image)"])
        }
        return table
    }

    private struct Line: Encodable {
        var rank: Int?
        var image: ImagePath
        var values: [String: Double]?
        var ranks: [String: Int]?
        var errors: [String: String]?
        var error: String?
        var reference: ImagePath
        var rankedBy: String
        var metrics: [MetricColumn]

        init(_ report: ComparisonReport, _ entry: ComparisonReport.Entry) {
            self.init(report, entry.image)
            (rank, values, ranks, errors) = (entry.rank, entry.values, entry.ranks, entry.errors)
        }

        init(_ report: ComparisonReport, _ failure: ComparisonReport.Failure) {
            self.init(report, failure.image)
            error = failure.error
        }

        private init(_ report: ComparisonReport, _ image: ImagePath) {
            (self.image, reference) = (image, report.reference)
            (rankedBy, metrics) = (report.rankedBy, report.metrics)
        }
    }
}

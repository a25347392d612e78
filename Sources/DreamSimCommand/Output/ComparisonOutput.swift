import DreamSim

/// A ranking.
struct ComparisonOutput: ReportOutput {
    let report: ComparisonReport
    /// What is known of the values of the metric that ranks.
    var profile: MetricProfile?

    var metrics: [MetricColumn] { report.metrics }

    var lines: [Line] { report.results.map { Line(report, $0) } + report.failures.map { Line(report, $0) } }

    var rows: [[String]] {
        let names = report.metrics.map(\.name)
        func row(
            _ rank: Int?, _ image: ImagePath, _ values: [String: Double], _ pass: Bool?, _ error: String
        ) -> [String] {
            [rank.map(String.init) ?? "", image.exact] + names.map { name in values[name].map { "\($0)" } ?? "" }
                + (isLimited ? ["\(pass == true)"] : []) + [report.reference.exact, report.rankedBy]
                + MetricText.fields(report.metrics) + [error]
        }
        return [
            ["rank", "image"] + names + (isLimited ? ["pass"] : []) + ["reference", "rankedBy"] + MetricText.columns + [
                "error"
            ]
        ]
            + report.results.map { entry in
                row(
                    entry.rank, entry.image, entry.values, entry.pass,
                    names.compactMap { entry.errors?[$0] }.joined(separator: "; "))
            }
            + report.failures.map { row(nil, $0.image, [:], false, $0.error) }
    }

    /// Nothing where nothing could be measured: the errors say it all.
    func table(quiet: Bool) -> [String] {
        guard !report.results.isEmpty else { return [] }
        let lines = (isWide ? metricsAsRows() : imagesAsRows()).lines(quiet: quiet)
        if quiet { return lines }
        let title =
            MetricText.isDistance(report.metrics)
            ? [] : ["compared with \(report.reference), ranked by \(report.rankedBy)"]
        return lines + [""] + title + MetricText.legend(report.metrics, reference: report.reference)
            + MetricText.meaning(profile, of: report.results.first?.values[report.rankedBy])
    }

    /// Whether images must keep to limits, so that each says whether it does.
    private var isLimited: Bool { report.pass != nil }

    private static func word(_ pass: Bool?) -> String { pass == true ? "yes" : "no" }

    /// Whether a row an image would be too long to read, and a row a metric is not.
    private var isWide: Bool { report.metrics.count > 6 && report.metrics.count > report.results.count }

    private func metricsAsRows() -> TextTable {
        var table = TextTable([("metric", .left)] + report.results.map { ("\($0.image)", .right) })
        for metric in report.metrics {
            table.add([MetricText.title(metric)] + report.results.map { MetricText.figure($0.values[metric.name]) })
        }
        if isLimited { table.add(["pass"] + report.results.map { Self.word($0.pass) }) }
        return table
    }

    private func imagesAsRows() -> TextTable {
        let kinds = profile?.tellingKinds
        var table = TextTable(
            [("rank", .right)] + MetricText.titles(report.metrics).map { ($0, .right) }
                + (kinds == nil ? [] : [("as far as", .left)])
                + (isLimited ? [("pass", .right)] : []) + [("image", .left)])
        for entry in report.results {
            table.add(
                [entry.rank.map(String.init) ?? "-"]
                    + report.metrics.map { MetricText.figure(entry.values[$0.name]) }
                    + (kinds.map { [MetricText.kind(of: entry.values[report.rankedBy], $0, report.leader)] } ?? [])
                    + (isLimited ? [Self.word(entry.pass)] : []) + ["\(entry.image)"])
        }
        return table
    }

    struct Line: Encodable {
        var rank: Int?
        var image: ImagePath
        var values: [String: Double]?
        var ranks: [String: Int]?
        var errors: [String: String]?
        var pass: Bool?
        var error: String?
        var reference: ImagePath
        var rankedBy: String

        init(_ report: ComparisonReport, _ entry: ComparisonReport.Entry) {
            self.init(report, entry.image)
            (rank, values, ranks, errors) = (entry.rank, entry.values, entry.ranks, entry.errors)
            pass = entry.pass
        }

        init(_ report: ComparisonReport, _ failure: ComparisonReport.Failure) {
            self.init(report, failure.image)
            error = failure.error
            pass = report.pass == nil ? nil : false
        }

        private init(_ report: ComparisonReport, _ image: ImagePath) {
            (self.image, reference, rankedBy) = (image, report.reference, report.rankedBy)
        }
    }
}

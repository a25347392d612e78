import DreamSimRetrieval
import Foundation

/// What searches found.
struct SearchOutput: ReportOutput {
    let report: SearchReport

    var metrics: [MetricColumn] { report.metrics }

    var lines: [Line] { report.searches.flatMap { search in search.results.map { Line(search.query, $0) } } }

    var rows: [[String]] {
        [
            ["query", "rank", "id", "image"] + metrics.map(\.name) + ["width", "height", "bytes", "modified"]
                + MetricText.columns
        ]
            + report.searches.flatMap { search in
                search.results.map { entry in
                    [
                        search.query.exact, "\(entry.rank)", "\(entry.id)", entry.image.exact, "\(entry.distance)",
                        "\(entry.width)", "\(entry.height)", "\(entry.bytes)", entry.modified,
                    ] + MetricText.fields(metrics)
                }
            }
    }

    /// The report as options ask for it.
    func text(_ options: SearchOutputOptions) throws -> String {
        try OutputFormat(rawValue: options.format.rawValue).map { try text($0, quiet: options.quiet) } ?? markdown()
    }

    func table(quiet: Bool) -> [String] {
        var lines: [String] = []
        for search in report.searches {
            if report.searches.count > 1 || !search.unlike.isEmpty {
                let unlike = search.unlike.map { "\($0)" }.joined(separator: ", ")
                lines.append("\(search.query)" + (unlike.isEmpty ? "" : "  unlike \(unlike)"))
            }
            var table = TextTable([
                ("rank", .right), ("distance", .right), ("size", .right), ("id", .right), ("image", .left),
            ])
            for entry in search.results {
                table.add([
                    "\(entry.rank)", String(format: "%.5f", entry.distance), "\(entry.width)x\(entry.height)",
                    "\(entry.id)", "\(entry.image)",
                ])
            }
            lines += table.lines(quiet: quiet) + [""]
        }
        if quiet { return report.searches.count == 1 ? lines.dropLast() : lines }
        return lines + [
            "distance: 0 is the same, \(report.metric.direction.rawValue); \(report.images) images in \(report.index)"
                + (report.method == .exact ? "" : "; approximate: some may be missing"),
            "model \(report.metric.nameAndWeights), \(report.metric.preprocessing)",
        ]
    }

    /// Tables with the images themselves, for notes and issues.
    private func markdown() -> String {
        var text = ""
        for search in report.searches {
            text += "### \(Self.plain(search.query))\n\n| rank | distance | image | |\n|---:|---:|---|---|\n"
            for entry in search.results {
                text +=
                    "| \(entry.rank) | \(String(format: "%.5f", entry.distance)) | \(Self.plain(entry.image)) "
                    + "| <img src=\"\(Self.escaped("\(entry.image)"))\" height=\"96\"> |\n"
            }
            text += "\n"
        }
        return text
            + "Distance: 0 is the same, \(report.metric.direction.rawValue). Model "
            + "\(report.metric.nameAndWeights).\n"
    }

    /// A path in which nothing is taken for markup.
    private static func plain(_ path: ImagePath) -> String {
        escaped("\(path)").replacing(/[\\`*_\[\]]/) { "\\" + $0.output }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
            .replacing("|", with: "&#124;")
    }

    struct Line: Encodable {
        var query: ImagePath
        var rank: Int
        var id: Int64
        var image: ImagePath
        var values: [String: Double]

        init(_ query: ImagePath, _ entry: SearchReport.Entry) {
            self.query = query
            (rank, id, image, values) = (entry.rank, entry.id, entry.image, entry.values)
        }
    }
}

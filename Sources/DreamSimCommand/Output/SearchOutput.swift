import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation

/// Writes what searches found in the layout that was asked for.
struct SearchOutput {
    let report: SearchReport
    let options: SearchOutputOptions

    func text() throws -> String {
        switch options.format {
        case .table: return table()
        case .json: return try JSON.text(report) + "\n"
        case .ndjson:
            return try report.searches.flatMap { search in
                try search.results.map { try JSON.line(Line(search.query, report.direction, $0)) + "\n" }
            }.joined()
        case .csv: return csv()
        case .markdown: return markdown()
        }
    }

    private func csv() -> String {
        let header =
            ["query", "rank", "id", "image", "distance", "direction", "width", "height", "bytes", "modified"]
            + CSV.stampColumns
        return CSV.line(header)
            + report.searches.flatMap { search in
                search.results.map { entry in
                    CSV.line(
                        [
                            "\(search.query)", "\(entry.rank)", "\(entry.id)", "\(entry.image)", "\(entry.distance)",
                            report.direction.rawValue, "\(entry.width)", "\(entry.height)", "\(entry.bytes)",
                            entry.modified,
                        ] + CSV.fields(of: report.model))
                }
            }.joined()
    }

    private func table() -> String {
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
            lines += options.quiet ? Array(table.lines().dropFirst()) : table.lines()
            lines.append("")
        }
        if options.quiet {
            if report.searches.count == 1 { lines.removeLast() }
        } else {
            lines += [
                "distance: 0 is the same, \(report.direction.rawValue); \(report.images) images in \(report.index)"
                    + (report.method == .exact ? "" : "; approximate: some may be missing"),
                "model \(report.model.model), weights \(report.model.shortWeights), \(report.model.preprocessing)",
            ]
        }
        return lines.map { $0 + "\n" }.joined()
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
            + "Distance: 0 is the same, \(report.direction.rawValue). Model \(report.model.model), weights "
            + "\(report.model.shortWeights).\n"
    }

    /// A path in which nothing is taken for markup.
    private static func plain(_ path: ImagePath) -> String {
        escaped("\(path)").replacing(/[\\`*_\[\]]/) { "\\" + $0.output }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
            .replacing("|", with: "&#124;")
    }

    private struct Line: Encodable {
        var query: ImagePath
        var rank: Int
        var id: Int64
        var image: ImagePath
        var distance: Double
        var direction: Direction

        init(_ query: ImagePath, _ direction: Direction, _ entry: SearchReport.Entry) {
            self.query = query
            self.direction = direction
            (rank, id, image, distance) = (entry.rank, entry.id, entry.image, entry.distance)
        }
    }
}

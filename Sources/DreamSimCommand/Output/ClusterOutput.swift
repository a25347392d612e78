import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation

/// Writes clusters in the layout that was asked for.
struct ClusterOutput {
    let report: ClusterReport
    let options: OutputOptions

    func text() throws -> String {
        switch options.format {
        case .json: return try JSON.text(report) + "\n"
        case .ndjson: return try report.clusters.map { try JSON.line($0) + "\n" }.joined()
        case .csv:
            return CSV.line(["cluster", "center", "id", "image", "distance", "direction"])
                + report.clusters.enumerated().flatMap { number, cluster in
                    cluster.files.enumerated().map { place, file in
                        CSV.line([
                            "\(number + 1)", "\(place == 0)", "\(file.id)", "\(file.image)", "\(file.distance)",
                            report.direction.rawValue,
                        ])
                    }
                }.joined()
        case .table: return table()
        }
    }

    private func table() -> String {
        var table = TextTable([
            ("cluster", .right), ("images", .right), ("spread", .right), ("nearest to the center", .left),
        ])
        for (number, cluster) in report.clusters.enumerated() {
            table.add([
                "\(number + 1)", "\(cluster.files.count)", String(format: "%.5f", cluster.spread), "\(cluster.center)",
            ])
        }
        var lines = options.quiet ? Array(table.lines().dropFirst()) : table.lines()
        if !options.quiet {
            let limit = report.distance.map { String(format: ", joined up to a mean distance of %.5f", $0) } ?? ""
            lines += [
                "",
                "\(report.images) images by \(report.method.rawValue)\(limit); --format json lists them all",
                "spread: the mean distance from the center, 0 is the same, \(report.direction.rawValue)",
            ]
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

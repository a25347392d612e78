import DreamSimRetrieval
import Foundation

/// Clusters.
struct ClusterOutput: ReportOutput {
    let report: ClusterReport

    var metrics: [MetricColumn] { report.metrics }

    var lines: [ClusterReport.Cluster] { report.clusters }

    var rows: [[String]] {
        [["cluster", "center", "id", "image"] + metrics.map(\.name) + MetricText.columns]
            + report.clusters.enumerated().flatMap { number, cluster in
                cluster.files.enumerated().map { place, file in
                    ["\(number + 1)", "\(place == 0)", "\(file.id)", file.image.exact, "\(file.distance)"]
                        + MetricText.fields(metrics)
                }
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([
            ("cluster", .right), ("images", .right), ("spread", .right), ("nearest to the center", .left),
        ])
        for (number, cluster) in report.clusters.enumerated() {
            table.add([
                "\(number + 1)", "\(cluster.files.count)", String(format: "%.5f", cluster.spread), "\(cluster.center)",
            ])
        }
        if quiet { return table.lines(quiet: true) }
        let limit = report.distance.map { String(format: ", joined up to a mean distance of %.5f", $0) } ?? ""
        return table.lines() + [
            "",
            "\(report.images) images by \(report.method.rawValue)\(limit); --format json lists them all",
            "spread: the mean distance from the center, 0 is the same, \(report.metric.direction.rawValue)",
            MetricText.origin(report.metric),
        ]
    }
}

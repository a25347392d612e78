import DreamSim
import DreamSimRetrieval
import Foundation

/// The places of a map.
struct MapOutput: ReportOutput {
    let report: Projection

    var metrics: [MetricColumn] { report.metrics }

    var lines: [Projection.Point] { report.points }

    var rows: [[String]] {
        [["id", "image", "x", "y"] + MetricText.columns]
            + report.points.map {
                ["\($0.id)", $0.image.exact, "\($0.x)", "\($0.y)"] + MetricText.fields(metrics)
            }
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([("x", .right), ("y", .right), ("id", .right), ("image", .left)])
        for point in report.points {
            table.add([
                String(format: "%.4f", point.x), String(format: "%.4f", point.y), "\(point.id)", "\(point.image)",
            ])
        }
        return table.lines(quiet: quiet)
            + (quiet ? [] : ["", "of identical images only the first has a place", MetricText.origin(report.metric)])
    }
}

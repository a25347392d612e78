import DreamSim
import Foundation

/// Draws a ranking by several metrics as an image: the reference, then the others in their order with their values.
struct MetricsSheet {
    let report: MetricsComparison
    let decoding: DecodingOptions
    /// An image holds no more than this; the rest of a long ranking is left out, and the image says so.
    private static let limit = 48

    func image() throws -> Image {
        let shown = report.results.prefix(Self.limit)
        let left = report.results.count - shown.count
        guard let leader = report.metrics.first(where: { $0.name == report.rankedBy }) else {
            preconditionFailure("ranked by \(report.rankedBy)")
        }
        let others = report.metrics.filter { $0.name != leader.name }
        // Bars show how far each image is from the same, against the farthest.
        func distance(_ entry: MetricsComparison.Entry) -> Double? {
            guard leader.identical.isFinite else { return nil }
            return entry.values[leader.name].map { abs($0 - leader.identical) }
        }
        let farthest = max(shown.compactMap(distance).max() ?? 1, 1e-9)
        return ContactSheet(
            title: "How alike do they look?",
            subtitle:
                "\(leader.name) with \(report.reference.name): \(leader.direction.rawValue); bars show the difference",
            reference: ContactSheet.Cell(
                image: try Image(contentsOfFile: report.reference.bytes, options: decoding),
                title: report.reference.name, lines: ["reference"]),
            cells: try shown.map { entry in
                ContactSheet.Cell(
                    image: try Image(contentsOfFile: entry.image.bytes, options: decoding), title: entry.image.name,
                    figure: Self.figure(entry.values[leader.name]),
                    lines: others.map { metric in
                        let rank = entry.ranks[metric.name].map { ", no. \($0)" } ?? ""
                        return "\(MetricText.title(metric))  \(Self.figure(entry.values[metric.name]))\(rank)"
                    }, bar: distance(entry).map { $0 / farthest })
            },
            footer: "ranked by \(leader.name); ↓ lower is more alike, ↑ higher is more alike; \(leader.preprocessing)"
                + (left > 0 ? "; \(left) more are not shown" : "")
        ).rendered()
    }

    private static func figure(_ value: Double?) -> String {
        guard let value else { return "-" }
        return value.isInfinite ? "\(value)" : String(format: "%.4f", value)
    }
}

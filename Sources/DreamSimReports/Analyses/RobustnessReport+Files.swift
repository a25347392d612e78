package import Foundation

extension RobustnessReport {
    /// The layouts of drawings, each by its file name extension.
    package enum Format: String, Sendable, CaseIterable {
        /// The plot as pixels.
        case png
        /// The plot as pixels.
        case jpg
        /// The plot as vectors.
        case svg
        /// A page with the plot and all numbers, which needs nothing else.
        case html
    }

    /// Writes the report to a file, which appears whole or not at all.
    /// - Throws: `DreamSimError` with `.unwritable`; `DreamSimError`.
    package func write(as format: Format, to url: URL) throws {
        switch format {
        case .png, .jpg: try charts.drawing().rendered().write(to: url)
        case .svg: try WholeFile.write(charts.drawing().svg(title: charts.title), to: url)
        case .html: try WholeFile.write(page(), to: url)
        }
    }

    /// What a share is.
    package static let shareMeaning =
        "share: median difference of an image from its altered copy; 1 is that of different images"
    /// What a recall is.
    package static let recallMeaning =
        "R@1: how often the original is the nearest of all candidates to its altered copy"

    /// The numbers of candidates, each with the metrics that have it where they differ, such as `58 (lite), 21 (ssim)`.
    package var candidates: String {
        let groups = MetricText.grouped(metrics.map { ($0.column.name, "\($0.candidates)") })
        return groups.map { $0.text + (groups.count > 1 ? " (\($0.names.joined(separator: ", ")))" : "") }
            .joined(separator: ", ")
    }

    private var charts: DotCharts {
        func series(_ numbers: (Entry) -> [String: Double]) -> [[Double?]] {
            metrics.map { metric in results.map { numbers($0)[metric.column.name] } }
        }
        return DotCharts(
            title: "Robustness of metrics",
            subtitle: "Altered copies of \(images) images, compared at \(side) × \(side) pixels",
            names: metrics.map(\.column.name), rows: results.map(\.label),
            panels: [
                .init(
                    title: "share: 1 is the difference of different images", highest: 1, mark: 1,
                    series: series(\.shares)),
                .init(title: "R@1: the original is the nearest", highest: 1, series: series(\.recallAt1)),
            ],
            footer: "medians over the images; R@1 among \(candidates) images; seed \(seed)"
                + (metrics.contains { !$0.column.identical.isFinite } ? "; psnr as 10^(-value / 20), an error" : ""))
    }

    private func page() -> String {
        let rows = metrics.flatMap { metric in
            results.map { entry in
                func figure(_ numbers: [String: Double], _ format: String) -> String {
                    numbers[metric.column.name].map { String(format: format, $0) } ?? ""
                }
                return [
                    metric.column.name, entry.label, "\(entry.strength)", entry.unit, figure(entry.values, "%.5f"),
                    figure(entry.shares, "%.3f"), figure(entry.recallAt1, "%.3f"),
                ]
            }
        }
        return ChartPage.html(
            title: charts.title, svg: charts.drawing().svg(title: charts.title),
            key: metrics.map { metric in
                "\(metric.column.name): \(metric.column.summary); \(metric.column.direction.rawValue); "
                    + String(
                        format: "a share of 1 is a difference of %.5g, the median of %d pairs; R@1 among %d images",
                        metric.scale, metric.pairs, metric.candidates)
            },
            rows: [["metric", "altered by", "strength", "unit", "median value", "share", "R@1"]] + rows)
    }
}

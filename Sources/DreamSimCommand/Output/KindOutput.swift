import DreamSimEvaluation
import Foundation

/// How values fall on pairs of each kind.
struct KindOutput: ReportOutput {
    let report: KindCalibration

    var metrics: [MetricColumn] { report.metrics.map(\.column) }

    var lines: [KindCalibration.MetricResult] { report.metrics }

    /// A line begins with its metric.
    func metrics(of line: KindCalibration.MetricResult) -> [MetricColumn] { [] }

    private static let percentiles = [1, 5, 25, 50, 75, 95, 99]

    var rows: [[String]] {
        let titles = ["metric", "kind", "count", "upTo"] + Self.percentiles.map { "percentile\($0)" } + ["dataSet"]
        let lines = report.metrics.flatMap { metric in
            kinds(of: metric).map { kind, end, values -> [String] in
                let start = [metric.column.name, kind.rawValue, "\(values.count)", end.map { "\($0)" } ?? ""]
                let percentiles = Self.percentiles.map { "\(values.quantile(Double($0) / 100))" }
                return start + percentiles + [metric.kinds.dataSet] + MetricText.fields([metric.column])
            }
        }
        return [titles + MetricText.columns] + lines
    }

    func table(quiet: Bool) -> [String] {
        var table = TextTable([
            ("metric", .left), ("kind", .left), ("pairs", .right), ("5 %", .right), ("median", .right),
            ("95 %", .right), ("taken for it up to", .right),
        ])
        func figure(_ value: Double?) -> String { value.map { String(format: "%.4g", $0) } ?? "-" }
        for metric in report.metrics {
            for (kind, end, values) in kinds(of: metric) {
                table.add([
                    metric.column.name, kind.rawValue, "\(values.count)", figure(values.quantile(0.05)),
                    figure(values.quantile(0.5)), figure(values.quantile(0.95)), figure(end),
                ])
            }
        }
        if quiet { return table.lines(quiet: true) }
        return table.lines() + ["", KindCalibration.recipe] + report.metrics.map { MetricText.origin($0.column) }
    }

    private func kinds(of metric: KindCalibration.MetricResult) -> [(PairKind, Double?, DistanceDistribution)] {
        metric.kinds.ends.compactMap { kind, end in metric.kinds.distributions[kind].map { (kind, end, $0) } }
    }
}

import DreamSim
import Foundation

/// Metrics and their values, for people.
enum MetricText {
    /// A name with the way to more alike, such as `ssim ↑`.
    static func title(_ metric: MetricColumn) -> String { "\(metric.name) \(arrow(metric.direction))" }

    /// Where more alike lies.
    static func arrow(_ direction: Direction) -> String { direction == .lowerIsMoreAlike ? "↓" : "↑" }

    /// A value, or a dash for none.
    static func figure(_ value: Double?) -> String {
        guard let value else { return "-" }
        return value.isInfinite ? "\(value)" : String(format: "%.5f", value)
    }

    /// A line a metric that stands under its numbers, so that none is without its meaning.
    static func legend(_ metrics: [MetricColumn]) -> [String] {
        var table = TextTable([("", .left), ("", .left)])
        for metric in metrics {
            var text =
                "\(metric.direction.rawValue), \(brief(metric.identical)) is the same; \(metric.summary); \(metric.preprocessing)"
            if let weights = metric.shortWeights { text += "; weights \(weights)" }
            if let isNormalized = metric.isNormalized { text += isNormalized ? ", normalized" : ", not normalized" }
            table.add([title(metric), text])
        }
        return Array(table.lines().dropFirst())
    }

    /// Which way each metric goes, for a field of CSV.
    static func directions(_ metrics: [MetricColumn]) -> String {
        metrics.map { "\($0.name): \($0.direction.rawValue)" }.joined(separator: "; ")
    }

    /// Such as `0`, `1` or `inf`.
    private static func brief(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e6 ? String(format: "%.0f", value) : "\(value)"
    }
}

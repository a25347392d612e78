import DreamSim
import DreamSimSupport
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

    /// What stands under the numbers, so that none is without its meaning: a line a metric, then how images were
    /// prepared.
    /// - Parameter notes: further lines of a metric, by its name, such as what its values mean on known images.
    static func legend(_ metrics: [MetricColumn], notes: [String: [String]] = [:]) -> [String] {
        var table = TextTable([("", .left), ("", .left)])
        for metric in metrics {
            var text = "\(metric.direction.rawValue), \(brief(metric.identical)) is the same; \(metric.summary)"
            if let weights = metric.shortWeights { text += "; weights \(weights)" }
            if let isNormalized = metric.isNormalized { text += isNormalized ? ", normalized" : ", not normalized" }
            table.add([title(metric), text])
            for note in notes[metric.name] ?? [] { table.add(["", note]) }
        }
        var ways: [(preprocessing: String, names: [String])] = []
        for metric in metrics {
            if let index = ways.firstIndex(where: { $0.preprocessing == metric.preprocessing }) {
                ways[index].names.append(metric.name)
            } else {
                ways.append((metric.preprocessing, [metric.name]))
            }
        }
        return table.lines().dropFirst()
            + ways.map { way in
                "preprocessing\(ways.count > 1 ? " of \(way.names.joined(separator: ", "))" : ""): \(way.preprocessing)"
            }
    }

    /// Which way each metric goes, for a field of CSV.
    static func directions(_ metrics: [MetricColumn]) -> String {
        metrics.map { "\($0.name): \($0.direction.rawValue)" }.joined(separator: "; ")
    }

    /// What made each metric's numbers, by name, for lines that must be understood alone.
    static func origins(_ metrics: [MetricColumn]) -> [String: Origin] {
        Dictionary(metrics.map { ($0.name, Origin($0)) }) { first, _ in first }
    }

    /// What made a metric's numbers.
    struct Origin: Encodable {
        var direction: Direction
        var preprocessing: String
        var weights: String?
        var normalized: Bool?

        init(_ metric: MetricColumn) {
            (direction, preprocessing) = (metric.direction, metric.preprocessing)
            (weights, normalized) = (metric.weights, metric.isNormalized)
        }
    }

    /// Such as `0`, `1` or `inf`.
    private static func brief(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e6 ? String(format: "%.0f", value) : "\(value)"
    }
}

import DreamSim
import Foundation

extension MetricText {
    /// Whether all the numbers are one model's distances, which need no name.
    static func isDistance(_ metrics: [MetricColumn]) -> Bool { metrics.count == 1 && metrics[0].isNormalized != nil }

    /// The titles of columns of values.
    static func titles(_ metrics: [MetricColumn]) -> [String] {
        isDistance(metrics) ? ["distance"] : metrics.map(title)
    }

    /// What the most alike image's value means, as far as that is known.
    static func meaning(_ profile: MetricProfile?, of value: Double?) -> [String] {
        guard let profile, let value else { return [] }
        let threshold = profile.threshold.map { threshold in
            String(format: "%.4g", threshold.value)
                + " is where pairs stop being the same: \(threshold.dataSet), \(threshold.criterion)"
        }
        let kinds = profile.tellingKinds.map { "as far as: \($0)" }
        return [kinds, profile.replacement, profile.explanation(of: value), threshold].compactMap { $0 }
    }

    /// The kind of pairs that a value is taken for.
    static func kind(of value: Double?, _ kinds: PairKinds, _ metric: MetricColumn) -> String {
        guard let value, let kind = kinds.kind(of: value) else { return "-" }
        return value == metric.identical ? "the same" : kind.rawValue
    }

    /// What stands under the numbers, so that none is without its meaning: a line a metric, then how images were
    /// prepared.
    /// - Parameters:
    ///   - reference: what the images were compared with; nil for pairs.
    ///   - notes: further lines of a metric, by its name, such as what its values mean on known images.
    static func legend(_ metrics: [MetricColumn], reference: ImagePath? = nil, notes: [String: [String]] = [:])
        -> [String]
    {
        if let reference, isDistance(metrics) {
            return [
                "distance from \(reference): 0 is the same, \(metrics[0].direction.rawValue)",
                "model \(metrics[0].nameAndWeights), "
                    + (metrics[0].isNormalized == true ? "normalized" : "not normalized"),
                "preprocessing: \(metrics[0].preprocessing)",
            ]
        }
        var table = TextTable([("", .left), ("", .left)])
        for metric in metrics {
            var text = "\(metric.direction.rawValue), \(brief(metric.identical)) is the same; \(metric.summary)"
            if let weights = metric.shortWeights { text += "; weights \(weights)" }
            if let isNormalized = metric.isNormalized { text += isNormalized ? ", normalized" : ", not normalized" }
            table.add([title(metric), text])
            for note in notes[metric.name] ?? [] { table.add(["", note]) }
        }
        let ways = grouped(metrics.map { ($0.name, $0.preprocessing) })
        return table.lines().dropFirst()
            + ways.map { way, names in
                "preprocessing\(ways.count > 1 ? " of \(names.joined(separator: ", "))" : ""): \(way)"
            }
    }

    /// What made a metric's numbers, in a line.
    static func origin(_ metric: MetricColumn) -> String {
        "\(metric.name): \(metric.direction.rawValue); \(metric.settings)"
            + (metric.weights.map { "; weights \($0.prefix(12))" } ?? "")
    }

    /// The columns of CSV that say what made the numbers.
    static let columns = ["directions", "weights", "preprocessing"]

    /// The fields of `columns`, each with the metrics' names.
    static func fields(_ metrics: [MetricColumn]) -> [String] {
        func joined(_ value: (MetricColumn) -> String?) -> String {
            metrics.compactMap { metric in value(metric).map { "\(metric.name): \($0)" } }.joined(separator: "; ")
        }
        return [joined(\.direction.rawValue), joined(\.shortWeights), joined(\.settings)]
    }

    /// Such as `0`, `1` or `inf`.
    private static func brief(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e6 ? String(format: "%.0f", value) : "\(value)"
    }
}

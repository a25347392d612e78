import Foundation

/// Metrics and their values, for people.
package enum MetricText {
    /// A name with the way to more alike, such as `ssim ↑`.
    package static func title(_ metric: MetricColumn) -> String {
        "\(metric.name) \(metric.direction == .lowerIsMoreAlike ? "↓" : "↑")"
    }

    /// A value, or a dash for none.
    package static func figure(_ value: Double?, digits: Int = 5) -> String {
        guard let value else { return "-" }
        if value.isInfinite { return "\(value)" }
        let text = String(format: "%.\(digits)f", value)
        // What is not the same must not look as if it were.
        return value > 0 && Double(text) == 0 ? String(format: "<%.\(digits)f", pow(10, -Double(digits))) : text
    }

    /// Texts with the names of the metrics that share them, in the order in which they first come.
    package static func grouped(_ texts: [(name: String, text: String)]) -> [(text: String, names: [String])] {
        var groups: [(text: String, names: [String])] = []
        for (name, text) in texts {
            if let index = groups.firstIndex(where: { $0.text == text }) {
                groups[index].names.append(name)
            } else {
                groups.append((text, [name]))
            }
        }
        return groups
    }
}

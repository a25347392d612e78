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
        return value.isInfinite ? "\(value)" : String(format: "%.\(digits)f", value)
    }
}

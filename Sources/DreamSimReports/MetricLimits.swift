import Foundation

/// The values up to which images pass, at most one a metric.
///
/// What cannot be judged does not pass: a metric without a value, or one that is NaN.
package struct MetricLimits: Sendable {
    private struct Limit: Sendable {
        let direction: Direction
        var value: Double
    }

    private var limits: [String: Limit] = [:]

    /// Limits nothing.
    package init() {}

    /// Whether nothing is limited.
    package var isEmpty: Bool { limits.isEmpty }

    /// The limits, by the metrics' names; nil when there are none.
    package var values: [String: Double]? { isEmpty ? nil : limits.mapValues(\.value) }

    /// Limits a metric. Of two limits the stricter one holds.
    /// - Parameters:
    ///   - value: the last value that passes: the highest where lower is more alike, else the lowest. Not NaN.
    ///   - metric: what its values say.
    package mutating func add(_ value: Double, of metric: MetricColumn) {
        precondition(!value.isNaN, "a limit of \(metric.name) that is NaN")
        let limit = Limit(direction: metric.direction, value: value)
        guard let old = limits[metric.name], !old.direction.isMoreAlike(value, than: old.value) else {
            return limits[metric.name] = limit
        }
    }

    /// Limits a metric that has no limit yet: of two that somebody gives, one is a mistake.
    /// - Throws: `DreamSimError` with `.duplicate` when it has one.
    package mutating func addFirst(_ value: Double, of metric: MetricColumn) throws(DreamSimError) {
        if let old = limits[metric.name] {
            throw DreamSimError(
                .duplicate, metric.name, "is limited twice, to \(old.value) and to \(value); give each metric one limit"
            )
        }
        add(value, of: metric)
    }

    /// Whether a metric's value passes; nil when the metric has no limit.
    package func passes(_ value: Double?, of metric: String) -> Bool? {
        guard let limit = limits[metric] else { return nil }
        guard let value else { return false }
        return value == limit.value || limit.direction.isMoreAlike(value, than: limit.value)
    }

    /// Whether images with these values pass; nil when nothing is limited.
    /// - Parameter values: by the metrics' names.
    package func passes(_ values: [String: Double]) -> Bool? {
        isEmpty ? nil : limits.keys.allSatisfy { passes(values[$0], of: $0) == true }
    }

    /// What does not pass, such as `ssim 0.512345678, limit 0.6`, in the order of the metrics' names.
    /// - Parameter values: by the metrics' names.
    package func excesses(_ values: [String: Double]) -> [String] {
        limits.sorted { $0.key < $1.key }.compactMap { name, limit in
            guard passes(values[name], of: name) == false else { return nil }
            // Enough digits to tell what just does not pass from the limit.
            return values[name].map { String(format: "%@ %.9g, limit %.9g", name, $0, limit.value) }
                ?? "\(name) has no value"
        }
    }
}

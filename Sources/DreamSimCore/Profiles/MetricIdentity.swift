/// What a metric's numbers depend on: only numbers of equal identities can be compared, cached or given percentiles.
package struct MetricIdentity: Hashable, Sendable, Codable {
    /// The metric's name.
    package let name: String
    /// SHA-256 over its weights, in hexadecimal; nil for metrics without any.
    package let weights: String?
    /// How images are prepared, and what else changes the numbers.
    package let settings: String
    /// Which way the numbers go.
    package let direction: Direction

    /// SHA-256 over all of it, in hexadecimal.
    package var digest: String {
        SHA256Digest.hex(
            of: Array([name, weights ?? "", settings, direction.rawValue].joined(separator: "\u{0}").utf8))
    }

    /// The start of a file name: the metric's name without what file systems dislike, and the start of the digest.
    package var fileName: String {
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_+@.".contains($0)) ? $0 : "_" }
        return String(plain.prefix(80)) + "-" + digest.prefix(16)
    }

    /// What settings say of a precision.
    static func settings(of precision: Precision) -> String { ", in \(precision.rawValue)" }

    /// The same metric in float32, whose profile holds in int16 too: the distances differ by less than a profile's numbers
    /// are good for. Nil in float32, and in int8.
    var exact: MetricIdentity? {
        let suffix = Self.settings(of: .int16)
        guard settings.hasSuffix(suffix) else { return nil }
        return MetricIdentity(
            name: name, weights: weights, settings: String(settings.dropLast(suffix.count)), direction: direction)
    }
}

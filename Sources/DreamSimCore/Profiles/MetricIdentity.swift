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
}

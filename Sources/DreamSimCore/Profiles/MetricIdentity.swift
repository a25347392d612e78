package import DreamSimImages
import DreamSimSupport
import DreamSimWeights

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

    /// Says what a metric's numbers depend on.
    /// - Parameters:
    ///   - metric: the metric.
    ///   - decoding: how files become pixels; a model that embeds uses its own.
    ///   - resize: the side of the square to which images are brought for metrics that compare them as they are.
    package init(_ metric: any PerceptualMetric, decoding: DecodingOptions, resize: Int? = nil) {
        let card = metric.card
        name = card.name
        weights = card.weights
        direction = card.direction
        if let model = metric as? any EmbeddingMetric {
            settings = Self.settings(of: model.stamp)
        } else {
            let size: String =
                switch card.size {
                case .full: resize.map { "resized to \($0)x\($0)" } ?? "full size"
                case .square(let side): "square of \(side)"
                }
            settings = "\(size), \(Preprocessing.description(of: decoding))"
        }
    }

    /// Says what the distances between embeddings of a kind depend on.
    package init(_ stamp: ModelStamp) {
        name = stamp.model
        weights = stamp.weights
        direction = .lowerIsMoreAlike
        settings = Self.settings(of: stamp)
    }

    private static func settings(of stamp: ModelStamp) -> String {
        // The hash of the weights tells precisions apart too; here it is for people.
        "\(stamp.preprocessing), \(stamp.isNormalized ? "normalized" : "not normalized")"
            + (stamp.precision.map { ", weights in \($0.rawValue)" } ?? "")
    }

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

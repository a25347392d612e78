/// PDQ, the perceptual hash of Meta's ThreatExchange, as a metric: 256 bits that hardly change when an image is compressed,
/// resized or edited lightly. It needs no weights and no network, and tells copies from other images, not how similar these
/// are.
///
/// A hash is an embedding of 256 components of 1 and -1, so that the distance is the number of bits that differ, divided by
/// 128: 31 bits, which PDQ's authors call a match, are 0.242, and unrelated images are about 1 apart.
package struct PerceptualHash: EmbeddingMetric {
    /// How images are prepared: PDQ itself averages them to 64 x 64 pixels, whatever their size.
    package let stamp: ModelStamp

    static let entries = [
        MetricCatalog.Entry(card: card) { options, _ in PerceptualHash(options.preprocessing) }
    ]

    private static let card = MetricCard(
        name: "pdq", summary: "differing bits of PDQ's perceptual hashes, of 256, divided by 128; finds copies",
        direction: .lowerIsMoreAlike, lowest: 0, highest: 2, size: .square(side))

    private static let side = 256

    /// Hashes images as they are decoded and brought to a square otherwise.
    package init(_ preprocessing: Preprocessing = .standard) {
        stamp = ModelStamp(
            model: Self.card.name, weights: "",
            preprocessing: Preprocessing(decoding: preprocessing.decoding, fit: preprocessing.fit, side: Self.side),
            isNormalized: true)
    }

    /// What the metric is.
    package var card: MetricCard { Self.card }

    /// The number of bits.
    package var width: Int { 256 }

    /// Hashes images: 1/16 for a bit that is set, -1/16 for one that is not, from the most significant on.
    package func embed(preprocessed images: [Image]) -> [Embedding] {
        images.map { image in
            let bits = PDQFingerprint(image).hash.bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
            return Embedding(values: bits.map { $0 == 1 ? 1 / 16 : -1 / 16 }, stamp: stamp)
        }
    }
}

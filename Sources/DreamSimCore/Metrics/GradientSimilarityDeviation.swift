/// GMSD, gradient magnitude similarity deviation (Xue, Zhang, Mou and Bovik 2013): how unevenly the magnitudes of the
/// gradients of luma are alike. Images are halved first and Prewitt's filter is used; held to piq.
///
/// Values run from 0, which identical images have exactly, to 0.5. Exchanging the images changes no bit.
public struct GradientSimilarityDeviation: PerceptualMetric {
    /// Takes the constants of the paper.
    public init() {}

    static let entries = [
        MetricCatalog.Entry(card: GradientSimilarityDeviation().card) { _, _ in GradientSimilarityDeviation() }
    ]

    /// What the metric is.
    public var card: MetricCard {
        MetricCard(
            name: "gmsd", summary: "deviation of the similarity of gradients, as piq", direction: .lowerIsMoreAlike,
            lowest: 0, highest: 0.5, size: .full(minimum: 1))
    }

    /// The metric between a reference and each image.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        let first = Self.magnitudes(reference)
        return try images.map { image in
            try card.checkSizes(reference, image)
            try Interruption.check()
            let similarities = zip(first, Self.magnitudes(image)).map { similarity($0, $1, constant: 170) }
            let count = Double(similarities.count)
            let mean = similarities.reduce(0, +) / count
            return (similarities.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        }
    }

    private static func magnitudes(_ image: Image) -> [Double] {
        OpponentPlanes(image).luma.halvedWithZeros().gradientMagnitude(1 / 3.0, 1 / 3.0)
    }
}

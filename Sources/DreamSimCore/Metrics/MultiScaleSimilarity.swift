import Foundation

/// MS-SSIM, structural similarity over five scales, each half as large as the one before (Wang, Simoncelli and Bovik
/// 2003): the product of the contrast-structure terms of the four finest scales and of SSIM at the coarsest, each raised
/// to the paper's weight. Negative terms count as 0.
///
/// Values run from 0 to 1. Identical images have exactly 1, and exchanging the images changes no bit. Images must have
/// the same size, and be no smaller than `card.size` says: the window of 11x11 must fit into the coarsest scale.
public enum MultiScaleSimilarity: String, Sendable, CaseIterable {
    /// Windows and means as `StructuralSimilarity.wang`; each channel by itself, then the mean of the three. An odd
    /// column or row is dropped when a scale is halved.
    case wang = "ms-ssim"
    /// As piq's `multi_scale_ssim`: as `wang`, but an odd scale is first widened by repeating its left column and its top
    /// row.
    case piq = "ms-ssim:piq"
    /// As torchmetrics' `multiscale_structural_similarity_index_measure` with `data_range=1`: the mean of the channels is
    /// taken before the powers, and the coarsest scale has mirrored borders.
    case torchmetrics = "ms-ssim:torchmetrics"

    static let entries: [MetricCatalog.Entry] = allCases.map { metric in
        MetricCatalog.Entry(card: metric.card) { _, _ in metric }
    }

    /// The paper's weights, from the finest scale to the coarsest.
    static let weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
}

extension MultiScaleSimilarity: PerceptualMetric {
    /// What the metric is.
    public var card: MetricCard {
        let (summary, minimum) =
            switch self {
            case .wang: ("structural similarity over five scales, as its authors", 176)
            case .piq: ("structural similarity over five scales, as piq", 161)
            case .torchmetrics: ("structural similarity over five scales, as torchmetrics", 176)
            }
        return MetricCard(
            name: rawValue, summary: summary, direction: .higherIsMoreAlike, lowest: 0, highest: 1,
            size: .full(minimum: minimum))
    }

    /// The metric between a reference and each image.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        try images.map { image in
            try card.checkSizes(reference, image)
            try Interruption.check()
            return value(of: PixelPair(reference, image))
        }
    }

    private func value(of pair: PixelPair) -> Double {
        let window = StructuralSimilarity.wang.window
        var scale = pair
        var terms: [[Double]] = []
        for index in Self.weights.indices {
            if index > 0 {
                let isOdd = scale.width % 2 + scale.height % 2 > 0
                scale = scale.averaged(2, padding: self == .piq && isOdd ? 1 : 0)
            }
            if index < Self.weights.count - 1 {
                terms.append(window.means(of: scale).contrast)
            } else {
                let last = self == .torchmetrics ? scale.mirrored(by: window.taps / 2) : scale
                terms.append(window.means(of: last).similarity)
            }
        }
        if self == .torchmetrics { terms = terms.map { [$0.reduce(0, +) / 3] } }
        let products = terms[0].indices.map { channel in
            zip(terms, Self.weights).reduce(1) { $0 * pow(max($1.0[channel], 0), $1.1) }
        }
        return products.reduce(0, +) / Double(products.count)
    }
}

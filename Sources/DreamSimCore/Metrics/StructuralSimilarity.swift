/// SSIM, structural similarity: the similarity of means, contrasts and structures in windows that slide over both images
/// (Wang, Bovik, Sheikh and Simoncelli 2004), averaged over all windows and the three color channels.
///
/// Libraries disagree on the window, on the borders and on scaling down first, so that the same images get different
/// numbers from them; each case here follows one of them, within 1e-5. All have K1 = 0.01, K2 = 0.03 and the range of
/// 8-bit values.
///
/// Values run from -1 to 1. Identical images have exactly 1, exchanging the images changes no bit, and flat images have
/// no loss of precision. Images must have the same size, and be no smaller than `card.size` says.
public enum StructuralSimilarity: String, Sendable, CaseIterable {
    /// As its authors: Gaussian window of 11x11 with sigma 1.5, covariances of a population, only windows inside the
    /// images. Equals scikit-image's with `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`, and piq's
    /// with `downsample=False`.
    case wang = "ssim"
    /// As scikit-image's `structural_similarity` by default: uniform window of 7x7, covariances of a sample.
    case skimage = "ssim:skimage"
    /// As piq's `ssim` by default: images are first averaged over squares of max(1, round(least side / 256)) pixels.
    case piq = "ssim:piq"
    /// As torchmetrics' `structural_similarity_index_measure` with `data_range=1`: images are mirrored beyond their
    /// borders, so that every pixel has a window.
    case torchmetrics = "ssim:torchmetrics"

    static let entries: [MetricCatalog.Entry] = allCases.map { metric in
        MetricCatalog.Entry(card: metric.card) { _, _ in metric }
    }

    var window: WindowedSimilarity {
        self == .skimage
            ? WindowedSimilarity(weights: [Double](repeating: 1 / 7, count: 7), covariance: 49 / 48)
            : WindowedSimilarity(weights: WindowedSimilarity.gaussian(taps: 11, sigma: 1.5))
    }

    /// The images as the windows see them.
    private func pair(_ a: Image, _ b: Image) -> PixelPair {
        let pair = PixelPair(a, b)
        switch self {
        case .wang, .skimage: return pair
        case .piq:
            // Halves go to the even number, as Python rounds.
            let factor = Int((Double(min(a.width, a.height)) / 256).rounded(.toNearestOrEven))
            return factor > 1 ? pair.averaged(factor) : pair
        case .torchmetrics: return pair.mirrored(by: window.taps / 2)
        }
    }
}

extension StructuralSimilarity: SpatialMetric {
    /// What the metric is.
    public var card: MetricCard {
        let (summary, minimum) =
            switch self {
            case .wang: ("structural similarity, Gaussian window, as its authors", 11)
            case .skimage: ("structural similarity, as scikit-image's default", 7)
            case .piq: ("structural similarity, scaled down first, as piq's default", 11)
            case .torchmetrics: ("structural similarity with mirrored borders, as torchmetrics", 6)
            }
        return MetricCard(
            name: rawValue, summary: summary, direction: .higherIsMoreAlike, lowest: -1, highest: 1,
            size: .full(minimum: minimum))
    }

    /// The metric between a reference and each image.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        try images.map { image in
            try card.checkSizes(reference, image)
            try Interruption.check()
            return window.means(of: pair(reference, image)).similarity.reduce(0, +) / 3
        }
    }

    /// 1 - SSIM of each window, averaged over the channels: from 0 to 2, with one minus the metric as its mean.
    ///
    /// The grid has a place for each window: `ssim` and `ssim:piq` lose 5 columns or rows at each border,
    /// `ssim:skimage` 3, `ssim:torchmetrics` none. `ssim:piq` has the grid of its scaled images.
    public func map(_ a: Image, _ b: Image) throws -> DifferenceMap {
        try card.checkSizes(a, b)
        let (pair, window) = (pair(a, b), window)
        let (width, height) = (pair.width - window.taps + 1, pair.height - window.taps + 1)
        let similarities = [Float](unsafeUninitializedCapacity: width * height * 3) { values, initialized in
            _ = window.means(of: pair, map: UnsafeMutableBufferPointer(rebasing: values[..<(width * height * 3)]))
            initialized = width * height * 3
        }
        return DifferenceMap(
            width: width, height: height,
            values: [Float](unsafeUninitializedCapacity: width * height) { values, initialized in
                for i in 0..<(width * height) {
                    values[i] = 1 - (similarities[3 * i] + similarities[3 * i + 1] + similarities[3 * i + 2]) / 3
                }
                initialized = width * height
            }, margin: self == .torchmetrics ? 0 : window.taps / 2)
    }
}

extension PixelPair {
    /// Two images of one size.
    init(_ a: Image, _ b: Image) {
        self = .bytes(a.pixels, b.pixels, width: a.width, height: a.height)
    }
}

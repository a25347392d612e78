import Foundation

/// A metric of the differences of pixels, on values in [0, 1].
public enum PixelMetric: String, Sendable, CaseIterable {
    /// The mean of |a - b|.
    case l1
    /// The Euclidean norm of a - b.
    case l2
    /// The mean of (a - b)².
    case mse
    /// Peak signal-to-noise ratio, 10 log10(1 / MSE) in decibels; infinite for identical images.
    case psnr

    static let entries: [MetricCatalog.Entry] = allCases.map { metric in
        MetricCatalog.Entry(card: metric.card) { _, _ in metric }
    }
}

extension PixelMetric: PerceptualMetric {
    /// What the metric is.
    public var card: MetricCard {
        let (summary, highest): (String, Double) =
            switch self {
            case .l1: ("mean absolute difference of pixels", 1)
            case .l2: ("Euclidean norm of the difference of pixels", .infinity)
            case .mse: ("mean squared difference of pixels", 1)
            case .psnr: ("peak signal-to-noise ratio in decibels", .infinity)
            }
        return MetricCard(
            name: rawValue, summary: summary, direction: self == .psnr ? .higherIsMoreAlike : .lowerIsMoreAlike,
            lowest: 0, highest: highest, size: .full(minimum: 1))
    }

    /// The metric between a reference and each image; sums are exact, in integers.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        try images.map { image in
            try card.checkSizes(reference, image)
            try Interruption.check()
            let count = Double(image.pixels.count)
            let (absolute, squared) = Self.sums(reference, image)
            let meanSquare = Double(squared) / (255 * 255) / count
            return switch self {
            case .l1: Double(absolute) / 255 / count
            case .l2: (Double(squared) / (255 * 255)).squareRoot()
            case .mse: meanSquare
            case .psnr: meanSquare > 0 ? -10 * log10(meanSquare) : .infinity
            }
        }
    }

    private static func sums(_ a: Image, _ b: Image) -> (absolute: UInt64, squared: UInt64) {
        PixelDifferences.sums(a.pixels, b.pixels)
    }
}

extension MetricCard {
    /// Checks that two images can be compared at full size.
    /// - Throws: `DreamSimError` with `.incomparable`.
    func checkSizes(_ a: Image, _ b: Image) throws(DreamSimError) {
        guard case .full(let minimum) = size else { return }
        guard a.width == b.width && a.height == b.height else {
            throw DreamSimError(
                .incomparable, name,
                "needs images of the same size, these have \(a.width)x\(a.height) and \(b.width)x\(b.height) "
                    + "pixels; resize both to one size")
        }
        guard min(a.width, a.height) >= minimum else {
            throw DreamSimError(
                .incomparable, name,
                "needs images of at least \(minimum)x\(minimum) pixels, these have \(a.width)x\(a.height); give larger ones"
            )
        }
    }
}

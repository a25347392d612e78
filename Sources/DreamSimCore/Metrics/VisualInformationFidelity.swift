import Foundation

/// VIF, visual information fidelity (Sheikh and Bovik 2006), in the pixel domain, as its authors' second code: how much of
/// the information that a viewer takes from the reference's luma is also in the image. Held to piq.
///
/// Not symmetric: the reference comes first. Values run from 0; identical images have exactly 1, and images with more
/// contrast than the reference can have more.
public struct VisualInformationFidelity: PerceptualMetric {
    /// The variance of the viewer's noise.
    private static let noise = 2.0
    private static let least = 1e-8

    /// Takes the constants of the paper.
    public init() {}

    static let entries = [
        MetricCatalog.Entry(card: VisualInformationFidelity().card) { _, _ in VisualInformationFidelity() }
    ]

    /// What the metric is.
    public var card: MetricCard {
        MetricCard(
            name: "vif", summary: "visual information fidelity in the pixel domain, as piq; the reference comes first",
            direction: .higherIsMoreAlike, lowest: 0, highest: 1, size: .full(minimum: 41))
    }

    /// The metric between a reference and each image.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        try images.map { image in
            try card.checkSizes(reference, image)
            try Interruption.check()
            // Stabilizing constants would leave a little.
            return image.pixels == reference.pixels
                ? 1 : Self.value(OpponentPlanes(reference).luma, OpponentPlanes(image).luma)
        }
    }

    private static func value(_ reference: Plane, _ image: Plane) -> Double {
        var (reference, image) = (reference, image)
        var (kept, whole) = (0.0, 0.0)
        for scale in 0..<4 {
            let taps = (1 << (4 - scale)) + 1
            let window = WindowedSimilarity.gaussian(taps: taps, sigma: Double(taps) / 5)
            if scale > 0 { (reference, image) = (halved(reference, window), halved(image, window)) }
            func product(_ a: Plane, _ b: Plane) -> [Double] {
                Plane(height: a.height, width: a.width, values: zip(a.values, b.values).map { $0 * $1 })
                    .filtered(window).values
            }
            let (meanR, meanI) = (reference.filtered(window).values, image.filtered(window).values)
            let (rr, ii) = (product(reference, reference), product(image, image))
            let ri = product(reference, image)
            for place in meanR.indices {
                let varianceR = max(rr[place] - meanR[place] * meanR[place], 0)
                let varianceI = max(ii[place] - meanI[place] * meanI[place], 0)
                let (gain, rest) = channel(varianceR, varianceI, ri[place] - meanR[place] * meanI[place])
                let signal = varianceR >= least ? varianceR : 0
                kept += log10(1 + gain * gain * signal / (rest + noise))
                whole += log10(1 + signal / noise)
            }
        }
        return (kept + least) / (whole + least)
    }

    /// The gain from the reference to the image, and the variance that it does not explain.
    private static func channel(_ reference: Double, _ image: Double, _ covariance: Double) -> (Double, Double) {
        var gain = covariance / (reference + least)
        var rest = image - gain * covariance
        if reference < least { (gain, rest) = (0, image) }
        if image < least { (gain, rest) = (0, 0) }
        if gain < 0 { (gain, rest) = (0, image) }
        return (gain, max(rest, least))
    }

    /// Smoothed, and every second column and row of it.
    private static func halved(_ plane: Plane, _ window: [Double]) -> Plane {
        let smooth = plane.filtered(window)
        let (height, width) = ((smooth.height + 1) / 2, (smooth.width + 1) / 2)
        return Plane(
            height: height, width: width,
            values: (0..<(height * width)).map { smooth.values[2 * ($0 / width) * smooth.width + 2 * ($0 % width)] })
    }
}

import Foundation

/// HaarPSI, Haar wavelet-based perceptual similarity (Reisenhofer, Bosse, Kutyniok and Wiegand 2018), with color: how similar
/// the fine Haar coefficients are, weighed by the coarse ones. Held to piq.
///
/// Values run from 0 to 1, which identical images have exactly. Exchanging the images changes no bit.
public struct HaarSimilarity: PerceptualMetric {
    /// The paper's constants.
    private static let (constant, slope) = (30.0, 4.2)

    /// Takes the constants of the paper.
    public init() {}

    static let entries = [MetricCatalog.Entry(card: HaarSimilarity().card) { _, _ in HaarSimilarity() }]

    /// What the metric is.
    public var card: MetricCard {
        MetricCard(
            name: "haarpsi", summary: "similarity of Haar wavelet coefficients, as piq", direction: .higherIsMoreAlike,
            lowest: 0, highest: 1, size: .full(minimum: 16))
    }

    /// The metric between a reference and each image.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        for image in images { try card.checkSizes(reference, image) }
        let first = Coefficients(reference)
        return try images.map { image in
            try Interruption.check()
            // Rounding of the logit would leave a little.
            return image.pixels == reference.pixels ? 1 : Self.value(first, Coefficients(image))
        }
    }

    /// The coefficients of an image: two orientations at three scales, and those of color.
    private struct Coefficients {
        /// [scale][orientation], magnitudes.
        let scales: [[[Double]]]
        let colors: [[Double]]

        init(_ image: Image) {
            let planes = OpponentPlanes(image).map { $0.halvedWithZeros() }
            scales = (1...3).map { Self.haar(planes.luma, side: 1 << $0) }
            colors = [planes.i, planes.q].map { plane in
                (0..<(plane.width * plane.height)).map { place in
                    let (x, y) = (place % plane.width, place / plane.width)
                    return abs(
                        plane.padded(x, y) + plane.padded(x + 1, y) + plane.padded(x, y + 1)
                            + plane.padded(x + 1, y + 1)) / 4
                }
            }
        }

        /// The sums over the halves of squares, one minus the other, over the side: upper and lower, left and right. By sums
        /// of the plane from its corner on.
        private static func haar(_ plane: Plane, side: Int) -> [[Double]] {
            let (width, height) = (plane.width, plane.height)
            var sums = [Double](repeating: 0, count: (width + 1) * (height + 1))
            for y in 0..<height {
                var row = 0.0
                for x in 0..<width {
                    row += plane.values[y * width + x]
                    sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row
                }
            }
            func sum(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int) -> Double {
                func at(_ x: Int, _ y: Int) -> Double {
                    sums[min(max(y, 0), height) * (width + 1) + min(max(x, 0), width)]
                }
                return at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top)
            }
            var (upper, left) = ([Double](), [Double]())
            let before = side / 2 - 1
            for y in 0..<height {
                for x in 0..<width {
                    let (x0, y0) = (x - before, y - before)
                    let (xm, ym, x1, y1) = (x0 + side / 2, y0 + side / 2, x0 + side, y0 + side)
                    upper.append(abs(sum(x0, y0, x1, ym) - sum(x0, ym, x1, y1)) / Double(side))
                    left.append(abs(sum(x0, y0, xm, y1) - sum(xm, y0, x1, y1)) / Double(side))
                }
            }
            return [upper, left]
        }
    }

    private static func value(_ a: Coefficients, _ b: Coefficients) -> Double {
        func logistic(_ x: Double) -> Double { 1 / (1 + exp(-slope * x)) }
        var (weighted, total) = (0.0, 0.0)
        for place in a.colors[0].indices {
            var mean = 0.0
            for orientation in 0..<2 {
                let weight = max(a.scales[2][orientation][place], b.scales[2][orientation][place])
                let likeness = (0..<2).reduce(0.0) {
                    $0
                        + similarity(
                            a.scales[$1][orientation][place], b.scales[$1][orientation][place], constant: constant) / 2
                }
                weighted += weight * logistic(likeness)
                total += weight
                mean += weight / 2
            }
            let likeness = (0..<2).reduce(0.0) {
                $0 + similarity(a.colors[$1][place], b.colors[$1][place], constant: constant) / 2
            }
            weighted += mean * logistic(likeness)
            total += mean
        }
        let score = (weighted + .ulpOfOne) / (total + .ulpOfOne)
        let logit = log(score / (1 - score)) / slope
        return min(logit * logit, 1)
    }
}

import Foundation

/// A metric that is limited to a part of the images.
///
/// - Pixel metrics look at the pixels that count, weighed by the mask.
/// - Metrics with a map (LPIPS, SSIM): in both images, what does not count at all is painted in the mean color of what
///   counts in the reference, so that it cannot be seen through windows and receptive fields; then the map is averaged with
///   the mask as weights. Nothing in the black part of the mask changes the result. For LPIPS the mean of its map stands in
///   for the metric, which is near and not equal; a mask that is white everywhere gives the metric itself.
/// - Transformers see whole patches: a patch that counts by less than half is painted in the color that the network sees
///   as zero, or left out of attention as well. The class token then summarizes the rest, with an edge where there was none.
public struct MaskedMetric: SpatialMetric {
    /// The metric.
    public let metric: any SpatialMetric
    /// What counts.
    public let mask: Mask
    /// What becomes of masked patches.
    public let handling: MaskHandling

    /// Whether a metric can be limited to a part of the images.
    public static func limits(_ metric: any PerceptualMetric) -> Bool { metric is any SpatialMetric }

    /// Limits a metric to what a mask lets count.
    /// - Throws: `DreamSimError` with `.badSetting` when the metric gives one number that belongs to no place, or has no patches
    ///   to remove.
    public init(_ metric: any PerceptualMetric, mask: Mask, handling: MaskHandling = .replaced) throws {
        guard let spatial = metric as? any SpatialMetric else {
            throw DreamSimError(
                .badSetting, metric.card.name,
                "gives one number for whole images and cannot be limited to a region; choose lpips-alex, ssim, mse or a "
                    + "model")
        }
        guard handling == .replaced || metric is PerceptualModel else {
            throw DreamSimError(
                .badSetting, metric.card.name, "has no attention to leave patches out of; that is for models")
        }
        self.metric = spatial
        self.mask = mask
        self.handling = handling
    }

    /// To what the metric is limited, such as `limited to face.png (12 % of the image)`.
    public var limit: String {
        let share = String(format: "%.0f %%", mask.share * 100)
        return "limited to \(mask.name) (\(share) of the image"
            + (handling == .removed ? ", the rest removed from attention)" : ")")
    }

    /// The card of the metric itself.
    public var card: MetricCard { metric.card }

    /// The metric between a reference and each image, as far as the mask lets it count.
    public func values(from reference: Image, to images: [Image]) throws -> [Double] {
        try mask.checkSize(of: reference)
        if mask.isWhole { return try metric.values(from: reference, to: images) }
        if let metric = metric as? any MaskableMetric {
            return try metric.values(from: reference, to: images, within: mask, handling: handling)
        }
        return try images.map { image in
            let (map, weights) = try paintedMap(reference, image)
            // A map counts differences from what identical images have.
            let mean = map.weightedMean(weights)
            return card.direction == .lowerIsMoreAlike ? card.identical + mean : card.identical - mean
        }
    }

    /// How much each place contributes; 0 where the mask lets nothing count.
    public func map(_ a: Image, _ b: Image) throws -> DifferenceMap {
        try mask.checkSize(of: a)
        if mask.isWhole { return try metric.map(a, b) }
        if let metric = metric as? any MaskableMetric {
            return try metric.map(a, b, within: mask, handling: handling)
        }
        let (map, weights) = try paintedMap(a, b)
        return map.weighed(weights)
    }

    /// The map of the painted images, and the mask on its grid.
    private func paintedMap(_ a: Image, _ b: Image) throws -> (DifferenceMap, weights: [Float]) {
        let color = mask.meanColor(of: a)
        let map = try metric.map(try mask.neutralized(a, color: color), try mask.neutralized(b, color: color))
        let weights = map.weights(of: mask)
        guard weights.contains(where: { $0 > 0 }) else {
            throw DreamSimError(
                .badSetting, mask.name, "lets nothing count where \(card.name) looks, which leaves out the borders")
        }
        return (map, weights)
    }
}

extension DifferenceMap {
    /// The mask on the map's grid.
    func weights(of mask: Mask) -> [Float] {
        let (columns, rows) = (width + 2 * margin, height + 2 * margin)
        let whole = mask.weights.averaged(columns: columns, rows: rows)
        guard margin > 0 else { return whole.values }
        return (0..<height).flatMap { y in (0..<width).map { x in whole[x + margin, y + margin] } }
    }

    /// The mean of the values, each by its weight.
    func weightedMean(_ weights: [Float]) -> Double {
        var (sum, total) = (0.0, 0.0)
        for (value, weight) in zip(values, weights) where weight > 0 {
            sum += Double(value) * Double(weight)
            total += Double(weight)
        }
        return sum / total
    }

    /// Every value times its weight.
    func weighed(_ weights: [Float]) -> DifferenceMap {
        DifferenceMap(width: width, height: height, values: zip(values, weights).map { $0 * $1 }, margin: margin)
    }
}

import Foundation

extension PixelMetric: MaskableMetric {
    /// The metric over the pixels that count, each weighed by the mask.
    public func values(
        from reference: Image, to images: [Image], within mask: Mask, handling: MaskHandling
    ) throws -> [Double] {
        try mask.checkSize(of: reference)
        return try images.map { image in
            try card.checkSizes(reference, image)
            var (absolute, squared, count) = (0.0, 0.0, 0.0)
            for (pixel, weight) in mask.weights.values.enumerated() where weight > 0 {
                let weight = Double(weight)
                count += 3 * weight
                for i in (3 * pixel)..<(3 * pixel + 3) {
                    let difference = Double(abs(Int(reference.pixels[i]) - Int(image.pixels[i])))
                    absolute += weight * difference
                    squared += weight * difference * difference
                }
            }
            let meanSquare = squared / (255 * 255) / count
            return switch self {
            case .l1: absolute / 255 / count
            case .l2: squared.squareRoot() / 255
            case .mse: meanSquare
            case .psnr: meanSquare > 0 ? -10 * log10(meanSquare) : .infinity
            }
        }
    }

    /// The map, each pixel weighed by the mask.
    public func map(_ a: Image, _ b: Image, within mask: Mask, handling: MaskHandling) throws -> DifferenceMap {
        try mask.checkSize(of: a)
        return try map(a, b).weighed(mask.weights.values)
    }
}

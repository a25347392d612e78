extension PixelMetric: SpatialMetric {
    /// The mean over the channels of |a - b| for `l1`, and of (a - b)² for the others, a value a pixel.
    public func map(_ a: Image, _ b: Image) throws -> DifferenceMap {
        try card.checkSizes(a, b)
        let squares = self != .l1
        let values = (0..<(a.width * a.height)).map { pixel -> Float in
            var sum = 0
            for i in (3 * pixel)..<(3 * pixel + 3) {
                let difference = abs(Int(a.pixels[i]) - Int(b.pixels[i]))
                sum += squares ? difference * difference : difference
            }
            return Float(sum) / (squares ? 3 * 255 * 255 : 3 * 255)
        }
        return DifferenceMap(width: a.width, height: a.height, values: values)
    }
}

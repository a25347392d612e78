/// How much neighboring pixels differ: the mean over pixels and colors of sqrt(dx² + dy² + ε²) - ε, with the differences
/// to the right and the lower neighbor (Rudin, Osher and Fatemi 1992; as a prior for inversion Mahendran and Vedaldi 2015).
/// ε, a 255th, gives it a derivative where pixels are equal.
package enum TotalVariation {
    private static let epsilon: Float = 1 / 255

    /// The value for images [N, 3, H, W], and its gradient.
    package static func valueAndGradient(_ image: Tensor) -> (value: Double, gradient: Tensor) {
        let (height, width) = (image.shape[2], image.shape[3])
        let share = 1 / Float(image.count)
        var sum = 0.0
        var gradient = Tensor(zeros: image.shape)
        image.withUnsafeBufferPointer { x in
            gradient.withUnsafeMutableBufferPointer { g in
                for plane in 0..<(image.count / (height * width)) {
                    for row in 0..<height {
                        let start = (plane * height + row) * width
                        for column in 0..<width {
                            let i = start + column
                            let dx = column + 1 < width ? x[i + 1] - x[i] : 0
                            let dy = row + 1 < height ? x[i + width] - x[i] : 0
                            let root = (dx * dx + dy * dy + epsilon * epsilon).squareRoot()
                            sum += Double(root - epsilon)
                            g[i] -= share * (dx + dy) / root
                            if column + 1 < width { g[i + 1] += share * dx / root }
                            if row + 1 < height { g[i + width] += share * dy / root }
                        }
                    }
                }
            }
        }
        return (sum / Double(image.count), gradient)
    }
}

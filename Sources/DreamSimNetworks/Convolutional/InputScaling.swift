/// How a network sees images in [0, 1]: (gain v - shift - mean) / deviation, channel by channel.
package struct InputScaling: Sendable {
    private let gain: Float
    private let shift: Float
    private let mean: [Float]
    private let deviation: [Float]

    /// - Parameters:
    ///   - gain: what images are multiplied with first.
    ///   - shift: what is subtracted then.
    ///   - mean: of each channel.
    ///   - deviation: of each channel.
    package init(gain: Float = 1, shift: Float = 0, mean: [Float] = [0, 0, 0], deviation: [Float] = [1, 1, 1]) {
        (self.gain, self.shift, self.mean, self.deviation) = (gain, shift, mean, deviation)
    }

    /// Standardized with ImageNet's color statistics.
    package static let imageNet = InputScaling(
        mean: ColorStatistics.imageNetMean, deviation: ColorStatistics.imageNetStandardDeviation)

    /// How what is seen of a channel changes with the image.
    func slope(_ channel: Int) -> Float { gain / deviation[channel] }

    /// Fills a row of a channels-last map from the planes of a batch, which lie one after another.
    func fill(_ target: UnsafeMutablePointer<Float>, _ planes: MatrixView, image: Int, row: Int, height: Int) {
        for c in 0..<3 {
            let source = planes.base + ((image * 3 + c) * height + row) * planes.stride
            for x in 0..<planes.columns { target[3 * x + c] = (gain * source[x] - shift - mean[c]) / deviation[c] }
        }
    }
}

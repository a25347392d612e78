import Foundation

/// From what stands out to what belongs to it: saliency says where the object is about, and the colors that are there and
/// not around it say where it ends, as in GrabCut (Rother, Kolmogorov and Blake 2004), with histograms for the colors and
/// the guided filter in place of the cut. Colors also find the holes, in which saliency is as large as around them.
struct ColorSegmentation {
    /// How likely each place belongs to what stands out, 0...1.
    let probability: ScalarField

    /// Chosen on the composites of `Scripts/cutout` and on photographs, by the error of alpha and by eye.
    private enum Constant {
        /// How many times colors are counted anew.
        static let rounds = 4
        /// The logit between the least saliency and the largest, and the most that saliency says of a place.
        static let (gain, mostSaliency): (Float, Float) = (12, 6)
        /// The most that colors say of a place.
        static let mostColor: Float = 4
        /// The guided filter's window and epsilon.
        static let (radius, epsilon): (Int, Float) = (3, 1e-4)
        /// How far the surroundings reach whose colors count as the background's, in parts of the longer side.
        static let surroundings = 0.08
    }

    /// - Parameters:
    ///   - image: at the size of the saliency.
    ///   - saliency: how much each place stands out, 0...1.
    init(_ image: Image, saliency: ScalarField) {
        let (least, threshold, largest) = Self.levels(saliency)
        let prior = saliency.map {
            min(
                max(Constant.gain * ($0 - threshold) / max(largest - least, 1e-6), -Constant.mostSaliency),
                Constant.mostSaliency)
        }
        var probability = prior.map(Self.logistic)
        for _ in 0..<Constant.rounds {
            let near = probability.map { $0 > 0.5 ? 1 : 0 }
                .blurred(sigma: Constant.surroundings * Double(max(image.width, image.height)))
            let most = max(near.largest, 1e-9)
            let inside = ColorHistogram(image, weights: probability.values)
            let outside = ColorHistogram(
                image, weights: zip(probability.values, near.values).map { (1 - $0) * ($1 / most + 0.05) })
            let joined = prior.values.enumerated().map { i, prior in
                let (red, green, blue) = (image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2])
                let ratio = (inside.share(red, green, blue) + 1e-7) / (outside.share(red, green, blue) + 1e-7)
                return Self.logistic(prior + min(max(Foundation.log(ratio), -Constant.mostColor), Constant.mostColor))
            }
            let field = ScalarField(width: image.width, height: image.height, values: joined)
            probability = GuidedFilter(field, guide: image, radius: Constant.radius, epsilon: Constant.epsilon)
                .applied(to: image).map { min(max($0, 0.001), 0.999) }
        }
        self.probability = probability
    }

    /// The least saliency, the threshold between background and foreground by Otsu's method (1979), kept between 0.58 and
    /// 0.7 of the largest, and the largest, of which a two-hundredth of the places may have more.
    static func levels(_ saliency: ScalarField) -> (least: Float, threshold: Float, largest: Float) {
        let sorted = saliency.values.sorted()
        let count = Double(sorted.count)
        let largest = sorted[Int(0.995 * (count - 1))]
        let total = sorted.reduce(0.0) { $0 + Double($1) }
        var (below, best, threshold) = (0.0, -1.0, sorted[0])
        for (index, value) in sorted.dropLast().enumerated() {
            below += Double(value)
            let members = Double(index + 1)
            let difference = below / members - (total - below) / (count - members)
            let variance = members * (count - members) * difference * difference
            if variance > best { (best, threshold) = (variance, value) }
        }
        return (sorted[0], min(max(threshold, 0.58 * largest), 0.7 * largest), largest)
    }

    private static func logistic(_ x: Float) -> Float { 1 / (1 + Foundation.exp(-x)) }
}

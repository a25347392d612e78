/// From a coarse probability to alpha at an image's full size: closed-form matting at a small size first, then at twice the
/// size in the band where alpha is not settled, and so on; each solution begins at the one before (cascadic conjugate
/// gradients, Deuflhard 1994).
enum AlphaRefinement {
    /// Chosen as `ColorSegmentation`'s are.
    private enum Constant {
        /// Probabilities from and up to which a place is known at the smallest size, and alpha at the others.
        static let (first, next): (ClosedRange<Float>, ClosedRange<Float>) = (0.3...0.7, 0.02...0.98)
        /// The longer side at which matting begins.
        static let leastSide = 320
        /// The most pixels at which alpha is solved for; beyond, colors guide it.
        static let mostPixels = 1 << 21
        static let start = ClosedFormMatting(prior: 1e-3, steps: 120, tolerance: 1e-3)
        static let finer = ClosedFormMatting(prior: 1e-3, steps: 24, tolerance: 3e-3)
    }

    /// - Parameters:
    ///   - probability: how likely each place belongs to the foreground, over the whole image at any size.
    ///   - image: the image.
    /// - Returns: alpha, 0...1, as large as the image.
    /// - Throws: `DreamSimError` with `.cancelled` when it is stopped.
    static func alpha(from probability: ScalarField, image: Image) throws(DreamSimError) -> ScalarField {
        let levels = levels(of: image)
        guard let smallest = levels.first, min(smallest.width, smallest.height) >= 3 else {
            return probability.resized(width: image.width, height: image.height)
        }
        var alpha = try solved(probability, Constant.first, Constant.start, smallest)
        for level in levels.dropFirst() { alpha = try solved(alpha, Constant.next, Constant.finer, level) }
        guard let last = levels.last, last.width != image.width || last.height != image.height else { return alpha }
        try CutoutStep.check()
        let bounds = alpha.resized(width: image.width, height: image.height)
        let guided = GuidedFilter(alpha, guide: last, radius: 2, epsilon: 1e-5).applied(to: image)
        return ScalarField(
            width: image.width, height: image.height,
            values: zip(bounds.values, guided.values).map { settled, guided in
                settled <= 0 || settled >= 1 ? settled : min(max(guided, 0), 1)
            })
    }

    /// The sizes at which alpha of an image is solved for, the largest first.
    static func sizes(width: Int, height: Int) -> [(width: Int, height: Int)] {
        var sizes = [(width: width, height: height)]
        while let (width, height) = sizes.last, max(width, height) > Constant.leastSide, min(width, height) >= 6 {
            sizes.append((width: (width + 1) / 2, height: (height + 1) / 2))
        }
        let few = sizes.filter { $0.width * $0.height <= Constant.mostPixels }
        return few.isEmpty ? Array(sizes.suffix(1)) : few
    }

    /// The image at the sizes at which alpha is solved for, the smallest first.
    private static func levels(of image: Image) -> [Image] {
        var levels: [Image] = []
        // Each from the next larger one.
        for (width, height) in sizes(width: image.width, height: image.height) {
            levels.append((levels.last ?? image).resized(width: width, height: height, filter: .box))
        }
        return levels.reversed()
    }

    /// Brings a field to an image's size and solves where it is neither below a range nor above it, and beside such places.
    private static func solved(
        _ field: ScalarField, _ unsettled: ClosedRange<Float>, _ matting: ClosedFormMatting, _ image: Image
    ) throws(DreamSimError) -> ScalarField {
        func settled(_ isSettled: (Float) -> Bool) -> [Bool] {
            field.map { isSettled($0) ? 1 : 0 }.boxMean(1).map { $0 > 0.999 ? 1 : 0 }
                .resized(width: image.width, height: image.height).values.map { $0 >= 1 }
        }
        let foreground = settled { $0 > unsettled.upperBound }
        let background = settled { $0 < unsettled.lowerBound }
        let guess = field.resized(width: image.width, height: image.height)
        let alpha = guess.values.indices.map { foreground[$0] ? 1 : background[$0] ? 0 : guess.values[$0] }
        return try matting.solved(
            ScalarField(width: image.width, height: image.height, values: alpha),
            isKnown: zip(foreground, background).map { $0 || $1 }, image: image)
    }
}

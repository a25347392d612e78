import DreamSimNetworks

extension PerceptualModel: SpatialMetric {
    /// The cosine distance of the two images' patch tokens, place by place, averaged over the transformers among the
    /// backbones.
    ///
    /// Tokens are read after the block whose class token the model reads (the last one, unless its feature names another),
    /// before the final layer norm. When the model normalizes, each token is first reduced by its own mean, as the reference
    /// does with the tokens of `cls_patch`. The map has the finest backbone's grid; the others' maps are interpolated to it
    /// bilinearly. It covers the square that the network sees, whose patches it says apart; what a patch token tells is not
    /// of its patch alone, as attention mixes all. A model without any transformer has a single 0.
    public func map(_ a: Image, _ b: Image) -> DifferenceMap {
        let batch = preprocessing.batch([preprocessing.applied(to: a), preprocessing.applied(to: b)])
        return map { networks[$0].patchTokens(of: batch, after: description.transformers[$0].feature.block) }
    }

    /// The map of what is read from each network, by its index, of two images.
    /// - Parameter weight: what each patch's distance is multiplied with, by the network's index and its own.
    func map(
        weighing weight: (Int, Int) -> Float = { _, _ in 1 }, _ tokens: (Int) -> PatchTokens
    ) -> DifferenceMap {
        let maps = networks.indices.map { index in
            let tokens = tokens(index)
            return ScalarField(
                width: tokens.grid.columns, height: tokens.grid.rows,
                values: (0..<tokens.grid.count).map { patch in
                    let pair = (tokens.token(patch, image: 0), tokens.token(patch, image: 1))
                    return weight(index, patch)
                        * Float(Self.distance(pair.0, pair.1, isCentered: stamp.isNormalized))
                })
        }
        return DifferenceMap(ScalarField.mean(of: maps))
    }

    /// The cosine distance of two tokens, each reduced by its own mean first when asked; exactly 0 for equal ones.
    private static func distance(_ a: [Float], _ b: [Float], isCentered: Bool) -> Double {
        guard a != b else { return 0 }
        guard isCentered else { return Embedding.cosineDistance(a, b) }
        func centered(_ token: [Float]) -> [Float] {
            let mean = token.reduce(0.0) { $0 + Double($1) } / Double(token.count)
            return token.map { Float(Double($0) - mean) }
        }
        return Embedding.cosineDistance(centered(a), centered(b))
    }
}

extension ScalarField {
    /// The mean of fields of several grids, each brought bilinearly to the finest width and height there is.
    static func mean(of fields: [ScalarField]) -> ScalarField {
        guard !fields.isEmpty else { return ScalarField(width: 1, height: 1, values: [0]) }
        let width = fields.map(\.width).max() ?? 1
        let height = fields.map(\.height).max() ?? 1
        var sums = [Float](repeating: 0, count: width * height)
        for field in fields {
            for (i, value) in field.resized(width: width, height: height).values.enumerated() { sums[i] += value }
        }
        return ScalarField(width: width, height: height, values: sums.map { $0 / Float(fields.count) })
    }
}

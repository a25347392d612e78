import DreamSimNetworks

extension PerceptualModel: SpatialMetric {
    /// The cosine distance of what the two images show, place by place, averaged over the backbones by their shares in the
    /// distance; alike where they have none.
    ///
    /// Of a transformer, that of the patch tokens after the block whose class token the model reads (the last one, unless its
    /// feature names another), before the final layer norm. When the model normalizes, each token is first reduced by its own
    /// mean, as the reference does with the tokens of `cls_patch`. Of channel statistics, that of the channels they are taken
    /// of, which is not what the distance is made of: the statistics of whole images have no places.
    ///
    /// The map has the finest backbone's grid; the others' maps are interpolated to it bilinearly. It covers the square that
    /// the network sees, whose patches it says apart; what a patch token tells is not of its patch alone, as attention mixes
    /// all.
    public func map(_ a: Image, _ b: Image) -> DifferenceMap { map(a, b) {} }

    /// The same, in steps.
    /// - Parameter step: called before each network.
    /// - Throws: what `step` throws.
    package func map(_ a: Image, _ b: Image, _ step: () throws -> Void) rethrows -> DifferenceMap {
        let batch = preprocessing.batch([preprocessing.applied(to: a), preprocessing.applied(to: b)])
        return try map(statistics: batch, step) {
            networks[$0].patchTokens(of: batch, after: description.transformers[$0].feature.block)
        }
    }

    /// The map of what is read from each part of two images.
    /// - Parameters:
    ///   - seen: what parts that are channel statistics see of the images, [2, 3, side, side].
    ///   - step: called before each part; what it throws ends the computation.
    ///   - weight: what each patch's distance is multiplied with, by the network's index and its own.
    ///   - tokens: the tokens of each network, by its index.
    func map(
        statistics seen: Tensor, _ step: () throws -> Void, weighing weight: (Int, Int) -> Float = { _, _ in 1 },
        _ tokens: (Int) -> PatchTokens
    ) rethrows -> DifferenceMap {
        var transformers = 0
        let maps = try parts.map { part -> ScalarField in
            try step()
            switch part {
            case .statistics(let network, let statistics):
                return network.placeDistances(
                    of: statistics.thumbnails(of: seen)?.forward(seen) ?? seen, at: statistics.taps)
            case .transformer:
                defer { transformers += 1 }
                let tokens = tokens(transformers)
                return ScalarField(
                    width: tokens.grid.columns, height: tokens.grid.rows,
                    values: (0..<tokens.grid.count).map { patch in
                        let pair = (tokens.token(patch, image: 0), tokens.token(patch, image: 1))
                        return weight(transformers, patch)
                            * Float(Self.distance(pair.0, pair.1, isCentered: stamp.isNormalized))
                    })
            }
        }
        let shares = description.parts.map { Float($0.shares?.reduce(0, +) ?? 1) }
        return DifferenceMap(ScalarField.mean(of: maps, weights: shares))
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

extension ConvolutionalNetwork {
    /// The cosine distance of two images' channels at each place, averaged over some taps.
    /// - Parameters:
    ///   - images: [2, 3, H, W] in [0, 1].
    ///   - names: as in `deviations`.
    fileprivate func placeDistances(of images: Tensor, at names: [String]) -> ScalarField {
        let recording = MapRecording(self, of: images, scaling: .imageNet, isReversible: false)
        let known = architecture.taps.map(\.name)
        let fields = names.compactMap { known.firstIndex(of: $0) }.map { tap in
            let maps = recording.maps(at: tap)
            var values = [Float](repeating: 0, count: maps[0].rows * maps[0].columns)
            // Half the squared distance of unit vectors is one minus their cosine.
            let halves = [Float](repeating: 0.5, count: maps[0].channels)
            UnitDifferences.compute(maps, weights: Tensor(halves, shape: [halves.count]), into: &values)
            return ScalarField(width: maps[0].columns, height: maps[0].rows, values: values)
        }
        return .mean(of: fields)
    }
}

extension ScalarField {
    /// The mean of fields of several grids, each brought bilinearly to the finest width and height there is.
    /// - Parameter weights: how much each counts; nil for all alike.
    static func mean(of fields: [ScalarField], weights: [Float]? = nil) -> ScalarField {
        guard !fields.isEmpty else { return ScalarField(width: 1, height: 1, values: [0]) }
        let width = fields.map(\.width).max() ?? 1
        let height = fields.map(\.height).max() ?? 1
        let weights = weights ?? fields.map { _ in 1 }
        let total = weights.reduce(0, +)
        var sums = [Float](repeating: 0, count: width * height)
        for (field, weight) in zip(fields, weights) {
            let share = weight / total
            for (i, value) in field.resized(width: width, height: height).values.enumerated() {
                sums[i] += share * value
            }
        }
        return ScalarField(width: width, height: height, values: sums)
    }
}

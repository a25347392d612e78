import DreamSimNetworks

extension PerceptualModel: MaskableMetric {
    /// The distances of images from a reference as far as a mask lets them count, patch by patch.
    ///
    /// The mask is preprocessed like the images; a patch that counts by less than half is painted with
    /// the mean color of the network's training, which it sees as zero. With `.removed`, no token attends to it either,
    /// and `cls_patch` leaves it out of the patches' mean.
    public func values(
        from reference: Image, to images: [Image], within mask: Mask, handling: MaskHandling
    ) throws -> [Double] {
        try mask.checkSize(of: reference)
        let embeddings = try embed([reference] + images, within: mask, handling: handling)
        return try embeddings.dropFirst().map { try $0.distance(to: embeddings[0]) }
    }

    /// Describes what a mask lets count of images, in their order.
    /// - Throws: `DreamSimError` with `.badSetting` when no patch counts, or the side is too large to leave patches out.
    public func embed(_ images: [Image], within mask: Mask, handling: MaskHandling) throws -> [Embedding] {
        try checkTransformers()
        let kept = try networks.map { try keptPatches(mask, of: $0) }
        if handling == .removed { try checkAttentionSize() }
        var embeddings: [Embedding] = []
        // By eights, as the networks take them anyway, and one by one where every attention weight is held.
        let together = handling == .removed ? 1 : 8
        for first in stride(from: 0, to: images.count, by: together) {
            let part = images[first..<min(first + together, images.count)]
            let batch = preprocessing.batch(part.map(preprocessing.applied))
            embeddings += self.embeddings(count: part.count) { index in
                guard case .transformer(let network, let feature) = parts[index] else {
                    // What has no patches sees those of the first transformer painted.
                    return parts[index].features(
                        of: networks[0].painting(batch, keeping: kept[0]), centeringTokens: stamp.isNormalized)
                }
                let patches = kept[parts[..<index].count { $0.transformer != nil }]
                let painted = network.painting(batch, keeping: patches)
                return switch handling {
                case .replaced: network.features(feature, of: painted, centeringTokens: stamp.isNormalized)
                case .removed:
                    network.features(
                        feature, of: painted, centeringTokens: stamp.isNormalized,
                        keptPatches: part.map { _ in patches }
                    )
                }
            }
        }
        return embeddings
    }

    /// The map of the patches that count; 0 at the others.
    public func map(_ a: Image, _ b: Image, within mask: Mask, handling: MaskHandling) throws -> DifferenceMap {
        try mask.checkSize(of: a)
        try checkTransformers()
        let kept = try networks.map { try keptPatches(mask, of: $0) }
        if handling == .removed { try checkAttentionSize() }
        let batch = preprocessing.batch([preprocessing.applied(to: a), preprocessing.applied(to: b)])
        // What has no patches sees those of the first transformer painted.
        return map(
            statistics: networks[0].painting(batch, keeping: kept[0]), {}, weighing: { kept[$0][$1] ? 1 : 0 }
        ) { index in
            let (network, block) = (networks[index], description.transformers[index].feature.block)
            let painted = network.painting(batch, keeping: kept[index])
            return switch handling {
            case .replaced: network.patchTokens(of: painted, after: block)
            case .removed: network.patchTokens(of: painted, after: block, keptPatches: [kept[index], kept[index]])
            }
        }
    }

    /// Which patches count at least by half.
    private func keptPatches(_ mask: Mask, of network: VisionTransformer) throws(DreamSimError) -> [Bool] {
        let side = preprocessing.side
        let gray = mask.weights.values.flatMap { weight -> [UInt8] in
            let byte = UInt8((weight * 255).rounded())
            return [byte, byte, byte]
        }
        // Padding belongs to both images alike; it counts as it does without a mask.
        let fit: Image.Fit = if case .pad = preprocessing.fit { .pad(.white) } else { preprocessing.fit }
        let image = Image(width: mask.weights.width, height: mask.weights.height, pixels: gray)
            .fitted(width: side, height: side, fit: fit)
        let field = ScalarField(
            width: side, height: side, values: (0..<(side * side)).map { Float(image.pixels[3 * $0]) / 255 })
        let grid = network.grid(height: side, width: side)
        let kept = field.averaged(columns: grid.columns, rows: grid.rows).values.map { $0 >= 0.5 }
        guard kept.contains(true) else {
            throw DreamSimError(
                .badSetting, mask.name,
                "lets less than half of every patch of \(description.name) count (\(grid.columns)x\(grid.rows) patches); "
                    + "make the white part larger")
        }
        return kept
    }

    /// Refuses models that have no patches.
    package func checkTransformers() throws(DreamSimError) {
        guard networks.isEmpty else { return }
        throw DreamSimError(
            .badSetting, description.name, "has no vision transformer, so that there are neither patches nor attention")
    }

    /// Refuses sizes whose attention weights would not fit in memory.
    func checkAttentionSize() throws(DreamSimError) {
        for (network, part) in zip(networks, description.transformers) {
            let tokens = network.tokenCount(network.grid(height: preprocessing.side, width: preprocessing.side))
            guard tokens * tokens * network.configuration.heads <= 1 << 28 else {
                throw DreamSimError(
                    .badSetting, "side \(preprocessing.side)",
                    "\(part.name) has \(tokens) tokens there, whose attention weights would take more than 1 GiB; choose a "
                        + "smaller side")
            }
        }
    }
}

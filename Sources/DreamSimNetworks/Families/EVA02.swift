extension BackboneFamily {
    /// EVA-02 (Fang et al. 2023) and the image towers of EVA-CLIP (Sun et al. 2023), as timm has them.
    package static let eva02: BackboneFamily = BackboneFamily(
        name: "eva02", title: "EVA-02",
        configuration: { backbone in
            var network = backbone.plain
            network.positionOffset = 0
            network.addRotaryParts(grid: 16)
            network.pooling = .mean(normalizesFirst: false)
            (network.mean, network.standardDeviation) = (
                ColorStatistics.openAIMean, ColorStatistics.openAIStandardDeviation
            )
            return network
        },
        pretrained: { (config) throws(DreamSimError) in
            guard config.modelType == nil, let name = config.architecture, name.hasPrefix("eva02_") else { return nil }
            let size = try config.size(among: [.small, .base, .large])
            var network = Backbone(.eva02, size, patchSize: name.contains("patch16") ? 16 : 14).configuration
            try config.apply(toTimm: &network)
            network.addRotaryParts(grid: try config.section("model_args").integer("ref_feat_shape", 16))
            if name.contains("_clip_") {
                (network.hasAttentionNorm, network.pooling) = (true, .classToken)
            }
            return network
        })
}

extension VisionTransformerConfiguration {
    /// What follows from the width and the grid that the network was trained on.
    fileprivate mutating func addRotaryParts(grid: Int) {
        rotary = RotaryPositions(
            coordinates: .numbers(offset: 0, grid: grid), columnsFirst: false, base: 10_000, pairing: .neighbors)
        (hasGate, activation, hasMLPNorm, attentionBias) = (true, .silu, true, .queriesAndValues)
        mlpWidth = width * 8 / 3
    }
}

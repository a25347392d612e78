extension BackboneFamily {
    /// Perception Encoder, core (Bolya et al. 2025), as timm has it.
    package static let perceptionEncoder: BackboneFamily = BackboneFamily(
        name: "pe_core", title: "Perception Encoder core",
        configuration: { backbone in
            var network = backbone.plain
            // The large one was trained at 336 pixels.
            network.positionGrid = backbone.patchSize == 14 ? 24 : 14
            network.positionOffset = 0
            network.layerNormEpsilon = 1e-5
            network.hasPreNorm = true
            (network.mean, network.standardDeviation) = (ColorStatistics.half, ColorStatistics.half)
            network.addPerceptionParts(grid: network.positionGrid)
            return network
        },
        pretrained: { (config) throws(DreamSimError) in
            guard config.modelType == nil, let name = config.architecture, name.hasPrefix("vit_pe_core_") else {
                return nil
            }
            let size = try config.size(among: [.base, .large])
            var network = Backbone(.perceptionEncoder, size, patchSize: size == .large ? 14 : 16).configuration
            let grid = network.positionGrid
            try config.apply(toTimm: &network)
            network.mlpWidth = 4 * network.width
            network.addPerceptionParts(grid: try config.section("model_args").integer("ref_feat_shape", grid))
            return network
        })
}

extension VisionTransformerConfiguration {
    /// What follows from the width and the grid that the network was trained on.
    fileprivate mutating func addPerceptionParts(grid: Int) {
        rotary = RotaryPositions(
            coordinates: .numbers(offset: 1, grid: grid), columnsFirst: true, base: 10_000, pairing: .neighbors)
        pooling = .attention(heads: 8, mlpWidth: 4 * width, activation: .gelu)
    }
}

extension BackboneFamily {
    /// The shape-optimized transformer of timm: registers without a class token, all of which have positions.
    package static let so150m: BackboneFamily = BackboneFamily(
        name: "so150m", title: "ViT-SO150M",
        configuration: { backbone in
            var network = backbone.plain
            (network.width, network.depth, network.heads, network.mlpWidth) = (896, 18, 14, 2304)
            (network.hasClassToken, network.registers, network.positionedPrefix) = (false, 4, 4)
            (network.positionOffset, network.pooling) = (0, .mean(normalizesFirst: true))
            return network
        },
        pretrained: { (config) throws(DreamSimError) in
            guard let name = config.architecture, name.hasPrefix("vit_so150m_"), name.contains("_gap_") else {
                return nil
            }
            var network = Backbone(.so150m, .base, patchSize: 16).configuration
            try config.apply(toTimm: &network)
            network.positionedPrefix = network.registers
            network.mlpWidth = Int(Double(network.width) * 2.572)
            return network
        })
}

extension BackboneFamily {
    /// SigLIP (Zhai et al. 2023), image tower.
    package static let sigLIP: BackboneFamily = BackboneFamily(
        name: "siglip", title: "SigLIP",
        configuration: { backbone in
            var network = backbone.plain
            network.hasClassToken = false
            network.positionOffset = 0
            network.activation = .tanhGELU
            network.pooling = .attention(heads: network.heads, mlpWidth: network.mlpWidth, activation: .tanhGELU)
            (network.mean, network.standardDeviation) = (ColorStatistics.half, ColorStatistics.half)
            return network
        }, conventions: [.huggingFaceSigLIP],
        pretrained: { (config) throws(DreamSimError) in
            if let type = config.modelType, ["siglip", "siglip_vision_model"].contains(type) {
                let vision = config.section("vision_config")
                var network = Backbone(.sigLIP, .base, patchSize: 16).configuration
                try vision.apply(toHuggingFace: &network)
                let activation = try vision.activation("hidden_act", "gelu_pytorch_tanh")
                network.activation = activation
                guard vision.flag("vision_use_head", true) else {
                    throw config.fault("vision_use_head", "is false, so that nothing says what is to be read")
                }
                network.pooling = .attention(heads: network.heads, mlpWidth: network.mlpWidth, activation: activation)
                return network
            }
            guard config.modelType == nil, let name = config.architecture, name.contains("_siglip_") else { return nil }
            var network = Backbone(.sigLIP, try config.size(among: [.base, .large]), patchSize: 16).configuration
            try config.apply(toTimm: &network)
            // timm computes GELU exactly there.
            (network.mlpWidth, network.activation) = (4 * network.width, .gelu)
            network.pooling =
                name.contains("_gap_")
                ? .mean(normalizesFirst: true)
                : .attention(heads: network.heads, mlpWidth: network.mlpWidth, activation: .gelu)
            return network
        })

    /// SigLIP 2 (Tschannen et al. 2025), image tower: the same architecture.
    package static let sigLIP2: BackboneFamily = BackboneFamily(
        name: "siglip2", title: "SigLIP 2", configuration: sigLIP.configuration)
}

extension KeyConvention {
    /// The image tower of `SiglipModel` and `SiglipVisionModel` of Hugging Face's transformers, SigLIP 2's too.
    static let huggingFaceSigLIP = KeyConvention(
        name: "Hugging Face SigLIP",
        anchor: "head.probe",
        recipes: { name, configuration in
            let leaf = name.leaf.isEmpty ? "" : "." + name.leaf
            if let block = name.block {
                let prefix = "encoder.layers.\(block)."
                let layers = [
                    "norm1": "layer_norm1", "norm2": "layer_norm2", "attn.proj": "self_attn.out_proj",
                    "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
                ]
                if name.layer == "attn.qkv" {
                    return [.stacked(["q", "k", "v"].map { prefix + "self_attn.\($0)_proj" + leaf })]
                }
                return layers[name.layer].map { [.copy(prefix + $0 + leaf)] } ?? []
            }
            switch name.layer {
            case "pos_embed": return [.copy("embeddings.position_embedding.weight")]
            case "patch_embed.proj": return [.copy("embeddings.patch_embedding" + leaf)]
            case "norm": return [.copy("post_layernorm" + leaf)]
            case "pool.probe": return [.copy("head.probe")]
            // One matrix of the probe's queries, of keys and of values.
            case "pool.q": return [.parts("head.attention.in_proj_" + name.leaf, 0..<1, of: 3)]
            case "pool.kv":
                return [.parts("head.attention.in_proj_" + name.leaf, 1..<3, of: 3)]
            case "pool.proj": return [.copy("head.attention.out_proj" + leaf)]
            case "pool.norm": return [.copy("head.layernorm" + leaf)]
            case "pool.mlp.fc1", "pool.mlp.fc2": return [.copy("head" + name.layer.dropFirst(4) + leaf)]
            default: return []
            }
        },
        isForeign: { name in name.hasSuffix(".position_ids") })
}

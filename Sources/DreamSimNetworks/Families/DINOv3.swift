extension BackboneFamily {
    /// DINOv3 (Siméoni et al. 2025).
    package static let dinov3: BackboneFamily = BackboneFamily(
        name: "dinov3", title: "DINOv3",
        configuration: { backbone in
            var network = backbone.plain
            network.hasPositionEmbedding = false
            network.rotary = RotaryPositions(coordinates: .centers, columnsFirst: false, base: 100, pairing: .halves)
            network.registers = 4
            network.layerNormEpsilon = 1e-5
            network.hasLayerScale = true
            network.attentionBias = .queriesAndValues
            return network
        }, conventions: [.huggingFaceDINOv3Nested, .huggingFaceDINOv3],
        pretrained: { (config) throws(DreamSimError) in
            var network = Backbone(.dinov3, .small, patchSize: 16).configuration
            if config.modelType == "dinov3_vit" {
                network.registers = try config.integer("num_register_tokens", 0)
                try config.apply(toHuggingFace: &network)
                network.rotary?.base = Float(try config.number("rope_theta", 100))
                network.hasGate = config.flag("use_gated_mlp", false)
                network.activation = try config.activation("hidden_act", "gelu")
                if config.flag("key_bias", false) { network.attentionBias = .all }
                return network
            }
            guard config.modelType == nil, let name = config.architecture, name.contains("_dinov3") else { return nil }
            let size = try config.size(among: [.small, .base, .large])
            network = Backbone(.dinov3, size, patchSize: 16).configuration
            try config.apply(toTimm: &network)
            network.mlpWidth = 4 * network.width
            if name.contains("_plus_") { (network.hasGate, network.activation) = (true, .silu) }
            network.pooling = config.text("global_pool", "avg") == "avg" ? .mean(normalizesFirst: true) : .classToken
            return network
        })
}

extension KeyConvention {
    /// `DINOv3ViTModel` of Hugging Face's transformers: of the published files, and as version 5 of the library writes them.
    static let huggingFaceDINOv3 = huggingFacePlain(
        "Hugging Face DINOv3", blocks: "layer.", embedding: "embeddings.patch_embeddings", norm: "norm")
    static let huggingFaceDINOv3Nested = huggingFacePlain(
        "Hugging Face DINOv3", blocks: "model.layer.", embedding: "embeddings.patch_embeddings", norm: "norm")
    /// `Dinov2Model` as version 5 of the library writes it.
    static let huggingFaceDINOv2Plain = huggingFacePlain(
        "Hugging Face DINOv2", blocks: "encoder.layer.", embedding: "embeddings.patch_embeddings.projection",
        norm: "layernorm")

    private static func huggingFacePlain(
        _ name: String, blocks: String, embedding: String, norm: String
    ) -> KeyConvention {
        KeyConvention(
            name: name,
            anchor: blocks + "0.attention.q_proj.weight",
            recipes: { name, configuration in
                let leaf = name.leaf.isEmpty ? "" : "." + name.leaf
                guard let block = name.block else {
                    switch name.layer {
                    case "cls_token": return [.copy("embeddings.cls_token")]
                    case "register_tokens": return [.copy("embeddings.register_tokens")]
                    case "pos_embed": return [.copy("embeddings.position_embeddings")]
                    case "patch_embed.proj": return [.copy(embedding + leaf)]
                    case "norm": return [.copy(norm + leaf)]
                    default: return []
                    }
                }
                let prefix = "\(blocks)\(block)."
                let layers = [
                    "norm1": "norm1", "norm2": "norm2", "attn.proj": "attention.o_proj", "mlp.gate": "mlp.gate_proj",
                    "ls1.gamma": "layer_scale1.lambda1", "ls2.gamma": "layer_scale2.lambda1",
                ]
                let attention = prefix + "attention."
                switch name.layer {
                case "attn.qkv":
                    return [.stacked(["q", "k", "v"].map { attention + $0 + "_proj" + leaf })]
                        + (name.leaf == "bias" && configuration.attentionBias == .queriesAndValues
                            ? [.stacked([attention + "q_proj.bias", nil, attention + "v_proj.bias"])] : [])
                case "mlp.fc1": return ["up_proj", "fc1"].map { .copy(prefix + "mlp." + $0 + leaf) }
                case "mlp.fc2": return ["down_proj", "fc2"].map { .copy(prefix + "mlp." + $0 + leaf) }
                default: return layers[name.layer].map { [.copy(prefix + $0 + leaf)] } ?? []
                }
            },
            isForeign: isForeignToHuggingFace)
    }
}

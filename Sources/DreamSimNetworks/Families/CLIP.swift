extension BackboneFamily {
    /// OpenAI's CLIP (Radford et al. 2021), image tower.
    package static let clip: BackboneFamily = BackboneFamily(
        name: "clip", title: "CLIP",
        configuration: { backbone in
            var network = backbone.plain
            (network.layerNormEpsilon, network.activation, network.hasPreNorm) = (1e-5, .quickGELU, true)
            network.projectionWidth = backbone.size == .large ? 768 : 512
            (network.mean, network.standardDeviation) = (
                ColorStatistics.openAIMean, ColorStatistics.openAIStandardDeviation
            )
            return network
        }, conventions: [.huggingFaceCLIP, .openAI],
        pretrained: { (config) throws(DreamSimError) in
            guard let type = config.modelType, ["clip", "clip_vision_model"].contains(type) else { return nil }
            let vision = config.section("vision_config")
            var network = Backbone(.clip, .base, patchSize: 32).configuration
            try vision.apply(toHuggingFace: &network)
            network.activation = try vision.activation("hidden_act", "quick_gelu")
            network.projectionWidth = try config.integer("projection_dim", 512)
            return network
        })

    /// OpenCLIP trained on LAION-400M (Ilharco et al. 2021), image tower: CLIP with the exact GELU.
    package static let openCLIP: BackboneFamily = BackboneFamily(
        name: "open_clip", title: "OpenCLIP (LAION-400M)",
        configuration: { backbone in
            var network = clip.configuration(backbone)
            network.activation = .gelu
            return network
        })
}

extension KeyConvention {
    /// The image tower of `CLIPModel` and `CLIPVisionModelWithProjection` of Hugging Face's transformers.
    static let huggingFaceCLIP = KeyConvention(
        name: "Hugging Face CLIP",
        anchor: "vision_model.encoder.layers.0.layer_norm1.weight",
        recipe: { name in
            let leaf = name.leaf.isEmpty ? "" : "." + name.leaf
            if let block = name.block {
                let prefix = "vision_model.encoder.layers.\(block)."
                let layers = [
                    "norm1": "layer_norm1", "norm2": "layer_norm2", "attn.proj": "self_attn.out_proj",
                    "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
                ]
                if name.layer == "attn.qkv" {
                    return .stacked(["q", "k", "v"].map { prefix + "self_attn.\($0)_proj" + leaf })
                }
                return layers[name.layer].map { .copy(prefix + $0 + leaf) }
            }
            switch name.full {
            case "cls_token": return .copy("vision_model.embeddings.class_embedding")
            case "pos_embed": return .copy("vision_model.embeddings.position_embedding.weight")
            case "patch_embed.proj.weight": return .copy("vision_model.embeddings.patch_embedding.weight")
            case "patch_embed.proj.bias": return .zero
            case "proj": return .transposed("visual_projection.weight")
            default: break
            }
            switch name.layer {
            // Sic: the library's own spelling.
            case "pos_drop": return .copy("vision_model.pre_layrnorm" + leaf)
            case "norm": return .copy("vision_model.post_layernorm" + leaf)
            default: return nil
            }
        },
        isForeign: { name in
            name.hasPrefix("text_model.") || name.hasPrefix("text_projection.") || name == "logit_scale"
                || name.hasSuffix(".position_ids")
        })
}

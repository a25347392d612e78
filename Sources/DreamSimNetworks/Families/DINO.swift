extension BackboneFamily {
    /// DINO (Caron et al. 2021).
    package static let dino: BackboneFamily = BackboneFamily(
        name: "dino", title: "DINO", configuration: \.plain, conventions: [.dino, .huggingFaceViT],
        pretrained: { (config) throws(DreamSimError) in
            guard config.modelType == "vit" else { return nil }
            var network = Backbone(.dino, .base, patchSize: 16).plain
            try config.apply(toHuggingFace: &network)
            return network
        })

    /// A masked autoencoder (He et al. 2021), its encoder.
    package static let mae: BackboneFamily = BackboneFamily(name: "mae", title: "MAE", configuration: \.plain)

    /// SynCLR (Tian et al. 2023).
    package static let synclr: BackboneFamily = BackboneFamily(name: "synclr", title: "SynCLR", configuration: \.plain)
}

extension PretrainedConfiguration {
    /// Changes a transformer by what most of transformers' configurations call alike.
    func apply(toHuggingFace network: inout VisionTransformerConfiguration) throws(DreamSimError) {
        network.width = try integer("hidden_size", network.width)
        network.depth = try integer("num_hidden_layers", network.depth)
        network.heads = try integer("num_attention_heads", network.heads)
        network.patchSize = try integer("patch_size", network.patchSize)
        network.mlpWidth = try integer("intermediate_size", network.mlpWidth)
        network.layerNormEpsilon = Float(try number("layer_norm_eps", Double(network.layerNormEpsilon)))
        let side = try integer("image_size", network.positionGrid * network.patchSize)
        network.positionGrid = max(1, side / max(1, network.patchSize))
        // The library interpolates positions by the plain ratio.
        network.positionOffset = 0
    }
}

extension KeyConvention {
    /// DINO, DINOv2, DINOv3, MAE and SynCLR as their authors release them, CLIP and OpenCLIP as DreamSim does, which are the
    /// canonical names; and the transformers of timm, which name most of it alike.
    static let dino = KeyConvention(
        name: "DINO",
        anchor: "blocks.0.norm1.weight",
        recipes: { name, configuration in
            [.copy(name.full)].filter { _ in !hidesGate(name, configuration) } + timm(name, configuration)
        },
        isForeign: { name in
            // DINOv2's and MAE's stand-in for hidden patches, MAE's decoder, a classification head; what DINOv3 computes
            // its positions and biases with.
            name == "mask_token" || name.hasPrefix("decoder_") || name.hasPrefix("head.")
                || name == "rope_embed.periods" || name.hasSuffix(".bias_mask")
        })

    /// Whether the canonical name is that of something else there: gate and hidden layer stacked.
    private static func hidesGate(_ name: CanonicalName, _ configuration: VisionTransformerConfiguration) -> Bool {
        configuration.hasGate && name.layer == "mlp.fc1"
    }

    /// What is not named canonically.
    private static func timm(_ name: CanonicalName, _ configuration: VisionTransformerConfiguration) -> [Recipe] {
        let leaf = name.leaf.isEmpty ? "" : "." + name.leaf
        guard let block = name.block else {
            switch name.layer {
            case "register_tokens": return [.copy("reg_token"), .copy("storage_tokens")]
            case "pos_drop": return [.copy("norm_pre" + leaf)]
            case "norm": return [.copy("fc_norm" + leaf)]
            case "pool.probe": return [.copy("attn_pool.latent")]
            case "patch_embed.proj" where configuration.hasPreNorm && name.leaf == "bias": return [.zero]
            default:
                return name.layer.hasPrefix("pool.") ? [.copy("attn_" + name.full)] : []
            }
        }
        let prefix = "blocks.\(block)."
        let (attention, mlp) = (prefix + "attn.", prefix + "mlp.")
        switch name.layer {
        case "attn.qkv" where name.leaf == "weight":
            return [.stacked(["q", "k", "v"].map { attention + $0 + "_proj.weight" })]
        case "attn.qkv":
            let all = Recipe.stacked(["q", "k", "v"].map { attention + $0 + "_proj.bias" })
            guard configuration.attentionBias == .queriesAndValues else { return [all] }
            return [
                .stacked([attention + "q_bias", nil, attention + "v_bias"]), all,
                .stacked([attention + "q_proj.bias", nil, attention + "v_proj.bias"]), .zero,
            ]
        case "ls1.gamma": return [.copy(prefix + "gamma_1")]
        case "ls2.gamma": return [.copy(prefix + "gamma_2")]
        case "mlp.gate": return gate(mlp, leaf, half: 0, separate: ["fc1_g", "w1"])
        case "mlp.fc1" where configuration.hasGate: return gate(mlp, leaf, half: 1, separate: ["fc1_x", "w2"])
        case "mlp.fc2": return [.copy(mlp + "w3" + leaf)]
        default: return []
        }
    }

    /// Gate and hidden layer, each by itself or stacked.
    private static func gate(_ mlp: String, _ leaf: String, half: Int, separate: [String]) -> [Recipe] {
        separate.map { .copy(mlp + $0 + leaf) }
            + ["w12", "fc1"].map { .parts(mlp + $0 + leaf, half..<(half + 1), of: 2) }
    }
}

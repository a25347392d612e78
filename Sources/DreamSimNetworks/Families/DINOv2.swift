extension BackboneFamily {
    /// DINOv2 (Oquab et al. 2023).
    package static let dinov2: BackboneFamily = BackboneFamily(
        name: "dinov2", title: "DINOv2",
        configuration: { backbone in
            var network = backbone.plain
            network.positionGrid = 518 / backbone.patchSize
            network.hasLayerScale = true
            if backbone.size == .giant { network.makeGated(mlpRatio: 4) }
            if backbone.registers > 0 { (network.positionOffset, network.positionsAreAntialiased) = (0, true) }
            return network
        }, conventions: [.huggingFaceDINOv2, .huggingFaceDINOv2Plain],
        pretrained: { (config) throws(DreamSimError) in
            guard let type = config.modelType, ["dinov2", "dinov2_with_registers"].contains(type) else { return nil }
            var network = Backbone(.dinov2, .base, patchSize: 14).configuration
            network.positionGrid = 16
            try config.apply(toHuggingFace: &network)
            let ratio = try config.integer("mlp_ratio", 4)
            network.mlpWidth = ratio * network.width
            network.activation = try config.activation("hidden_act", "gelu")
            if type == "dinov2_with_registers" {
                network.registers = try config.integer("num_register_tokens", 4)
                network.positionsAreAntialiased = true
            }
            if config.flag("use_swiglu_ffn", false) { network.makeGated(mlpRatio: ratio) }
            return network
        })
}

extension VisionTransformerConfiguration {
    /// SwiGLU with two thirds of the width, rounded up to a multiple of 8, as DINOv2's giant has.
    fileprivate mutating func makeGated(mlpRatio: Int) {
        (hasGate, activation) = (true, .silu)
        mlpWidth = (mlpRatio * width * 2 / 3 + 7) / 8 * 8
    }
}

extension KeyConvention {
    /// `ViTModel` (DINO) and `ViTMAEModel` of Hugging Face's transformers.
    static let huggingFaceViT = KeyConvention(
        name: "Hugging Face ViT",
        anchor: "encoder.layer.0.layernorm_before.weight",
        recipe: { name in
            huggingFaceRecipe(
                name,
                layers: [
                    "norm1": "layernorm_before", "norm2": "layernorm_after", "mlp.fc1": "intermediate.dense",
                    "mlp.fc2": "output.dense",
                ])
        },
        isForeign: isForeignToHuggingFace)

    /// `Dinov2Model` and `Dinov2WithRegistersModel` of Hugging Face's transformers.
    static let huggingFaceDINOv2 = KeyConvention(
        name: "Hugging Face DINOv2",
        anchor: "encoder.layer.0.attention.attention.query.weight",
        recipes: { name, configuration in
            if configuration.hasGate, let block = name.block, name.layer.hasPrefix("mlp.") {
                let mlp = "encoder.layer.\(block).mlp."
                switch name.layer {
                case "mlp.gate": return [.parts(mlp + "weights_in." + name.leaf, 0..<1, of: 2)]
                case "mlp.fc1": return [.parts(mlp + "weights_in." + name.leaf, 1..<2, of: 2)]
                default: return [.copy(mlp + "weights_out." + name.leaf)]
                }
            }
            let recipe = huggingFaceRecipe(
                name,
                layers: [
                    "norm1": "norm1", "norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
                    "ls1.gamma": "layer_scale1.lambda1", "ls2.gamma": "layer_scale2.lambda1",
                ])
            return recipe.map { [$0] } ?? []
        },
        isForeign: isForeignToHuggingFace)

    static let isForeignToHuggingFace: @Sendable (String) -> Bool = { name in
        name == "embeddings.mask_token" || name.hasPrefix("pooler.") || name.hasPrefix("classifier.")
            || name.hasPrefix("decoder.")
    }

    private static func huggingFaceRecipe(_ name: CanonicalName, layers: [String: String]) -> Recipe? {
        let leaf = name.leaf.isEmpty ? "" : "." + name.leaf
        if let block = name.block {
            let prefix = "encoder.layer.\(block)."
            switch name.layer {
            case "attn.qkv":
                return .stacked(["query", "key", "value"].map { prefix + "attention.attention.\($0)" + leaf })
            case "attn.proj":
                return .copy(prefix + "attention.output.dense" + leaf)
            default:
                return layers[name.layer].map { .copy(prefix + $0 + leaf) }
            }
        }
        switch name.layer {
        case "cls_token": return .copy("embeddings.cls_token")
        case "register_tokens": return .copy("embeddings.register_tokens")
        case "pos_embed": return .copy("embeddings.position_embeddings")
        case "patch_embed.proj": return .copy("embeddings.patch_embeddings.projection" + leaf)
        case "norm": return .copy("layernorm" + leaf)
        default: return nil
        }
    }
}

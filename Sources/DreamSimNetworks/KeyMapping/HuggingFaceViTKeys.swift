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
        anchor: "encoder.layer.0.norm1.weight",
        recipe: { name in
            huggingFaceRecipe(
                name,
                layers: [
                    "norm1": "norm1", "norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
                    "ls1.gamma": "layer_scale1.lambda1", "ls2.gamma": "layer_scale2.lambda1",
                ])
        },
        isForeign: isForeignToHuggingFace)

    private static let isForeignToHuggingFace: @Sendable (String) -> Bool = { name in
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

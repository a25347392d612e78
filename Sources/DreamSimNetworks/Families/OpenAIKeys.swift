extension KeyConvention {
    /// The image tower of CLIP and OpenCLIP as OpenAI and the open_clip package name it.
    static let openAI = KeyConvention(
        name: "OpenAI CLIP",
        anchor: "visual.transformer.resblocks.0.ln_1.weight",
        recipe: { name in
            let leaf = name.leaf.isEmpty ? "" : "." + name.leaf
            if let block = name.block {
                let prefix = "visual.transformer.resblocks.\(block)."
                let layers = [
                    "norm1": "ln_1", "norm2": "ln_2", "attn.proj": "attn.out_proj", "mlp.fc1": "mlp.c_fc",
                    "mlp.fc2": "mlp.c_proj",
                ]
                if name.layer == "attn.qkv" { return .copy(prefix + "attn.in_proj_" + name.leaf) }
                return layers[name.layer].map { .copy(prefix + $0 + leaf) }
            }
            switch name.full {
            case "cls_token": return .copy("visual.class_embedding")
            case "pos_embed": return .copy("visual.positional_embedding")
            case "patch_embed.proj.weight": return .copy("visual.conv1.weight")
            case "patch_embed.proj.bias": return .zero
            case "proj": return .copy("visual.proj")
            default: break
            }
            switch name.layer {
            case "pos_drop": return .copy("visual.ln_pre" + leaf)
            case "norm": return .copy("visual.ln_post" + leaf)
            default: return nil
            }
        },
        isForeign: { !$0.hasPrefix("visual.") })
}

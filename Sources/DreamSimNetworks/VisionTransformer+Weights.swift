extension VisionTransformer {
    /// Every weight under its canonical name, in single precision and in the shapes in which their gradients come.
    package var weights: [String: Tensor] {
        let (width, side) = (configuration.width, configuration.patchSize)
        var weights: [String: Tensor] = [
            "cls_token": classToken.reshaped([1, 1, width]),
            "pos_embed": Tensor(stacking: [
                Tensor(positions.classToken, shape: [1, width]), positions.patches,
            ]).reshaped([1, 1 + positions.grid * positions.grid, width]),
            "patch_embed.proj.weight": patchEmbedding.weight.unpacked()
                .reshaped([width, 3, side, side]),
            "patch_embed.proj.bias": patchEmbedding.bias,
        ]
        func add(_ norm: LayerNorm, _ name: String) {
            weights[name + ".weight"] = norm.gamma
            weights[name + ".bias"] = norm.beta
        }
        weights["register_tokens"] = registers?.reshaped([1, configuration.registers, width])
        if let preNorm { add(preNorm, "pos_drop") }
        for (index, block) in blocks.enumerated() {
            let name = "blocks.\(index)."
            add(block.norm1, name + "norm1")
            add(block.norm2, name + "norm2")
            let layers = [
                "attn.qkv": block.qkv, "attn.proj": block.output, "mlp.fc1": block.hidden,
                "mlp.fc2": block.contraction,
            ]
            for (layer, linear) in layers {
                weights[name + layer + ".weight"] = linear.weight.unpacked()
                weights[name + layer + ".bias"] = linear.bias
            }
            weights[name + "ls1.gamma"] = block.scale1
            weights[name + "ls2.gamma"] = block.scale2
        }
        add(norm, "norm")
        weights["proj"] = projection
        return weights
    }
}

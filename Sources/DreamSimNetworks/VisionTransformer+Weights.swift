extension VisionTransformer {
    /// Every weight under its canonical name, in single precision and in the shapes in which their gradients come.
    package var weights: [String: Tensor] {
        var weights: [String: Tensor] = [:]
        func add(_ norm: LayerNorm?, _ name: String) {
            weights[name + ".weight"] = norm?.gamma
            weights[name + ".bias"] = norm?.beta
        }
        func add(_ linear: Linear?, _ name: String) {
            weights[name + ".weight"] = linear?.weight.unpacked()
            weights[name + ".bias"] = linear?.bias
        }
        add(patchEmbedding, "patch_embed.proj")
        weights["cls_token"] = classToken
        weights["register_tokens"] = registers
        weights["pos_embed"] = positions.map { positions in
            Tensor(positions.prefix + positions.patches.values, shape: [positions.tableRows, configuration.width])
        }
        add(preNorm, "pos_drop")
        for (index, block) in blocks.enumerated() {
            let name = "blocks.\(index)."
            add(block.norm1, name + "norm1")
            add(block.qkv, name + "attn.qkv")
            add(block.attentionNorm, name + "attn.norm")
            add(block.output, name + "attn.proj")
            weights[name + "ls1.gamma"] = block.scale1
            add(block.norm2, name + "norm2")
            add(block.hidden, name + "mlp.fc1")
            add(block.gate, name + "mlp.gate")
            add(block.mlpNorm, name + "mlp.norm")
            add(block.contraction, name + "mlp.fc2")
            weights[name + "ls2.gamma"] = block.scale2
        }
        add(norm, "norm")
        if let pool {
            weights["pool.probe"] = pool.probe
            add(pool.query, "pool.q")
            add(pool.keysAndValues, "pool.kv")
            add(pool.output, "pool.proj")
            add(pool.norm, "pool.norm")
            add(pool.hidden, "pool.mlp.fc1")
            add(pool.contraction, "pool.mlp.fc2")
        }
        weights["proj"] = projection
        let shapes = Self.weightShapes(of: configuration)
        return weights.reduce(into: [:]) { $0[$1.key] = $1.value.reshaped(shapes[$1.key] ?? $1.value.shape) }
    }
}

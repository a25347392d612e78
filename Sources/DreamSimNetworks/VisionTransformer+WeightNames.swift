/// What weights an architecture has.
extension VisionTransformer {
    /// A linear layer's name, and its extents.
    typealias Layer = (name: String, outputs: Int, inputs: Int)

    /// The linear layers of a block.
    static func blockLayers(of configuration: VisionTransformerConfiguration) -> [Layer] {
        let (width, hidden) = (configuration.width, configuration.mlpWidth)
        var layers = [("attn.qkv", 3 * width, width), ("attn.proj", width, width), ("mlp.fc1", hidden, width)]
        if configuration.hasGate { layers.append(("mlp.gate", hidden, width)) }
        return layers + [("mlp.fc2", width, hidden)]
    }

    /// The linear layers of what reads all tokens.
    private static func poolLayers(of configuration: VisionTransformerConfiguration) -> [Layer] {
        guard case .attention(_, let hidden, _) = configuration.pooling else { return [] }
        let width = configuration.width
        return [
            ("pool.q", width, width), ("pool.kv", 2 * width, width), ("pool.proj", width, width),
            ("pool.mlp.fc1", hidden, width), ("pool.mlp.fc2", width, hidden),
        ]
    }

    /// The names of an architecture's linear layers.
    static func linearLayers(of configuration: VisionTransformerConfiguration) -> [String] {
        ["patch_embed.proj"]
            + (0..<configuration.depth).flatMap { block in
                blockLayers(of: configuration).map { "blocks.\(block).\($0.name)" }
            } + poolLayers(of: configuration).map(\.name)
    }

    /// The layer norms of a block, and their widths.
    private static func blockNorms(of configuration: VisionTransformerConfiguration) -> [(String, Int)] {
        [("norm1", configuration.width), ("norm2", configuration.width)]
            + (configuration.hasAttentionNorm ? [("attn.norm", configuration.width)] : [])
            + (configuration.hasMLPNorm ? [("mlp.norm", configuration.mlpWidth)] : [])
    }

    /// The linear layers whose weights may be integers when a feature is read, and the inputs of their blocks. The patch
    /// embedding and, where only its class token is computed, the last block stay in float32: they take little time.
    static func integerLayers(
        of configuration: VisionTransformerConfiguration, reading feature: Feature
    ) -> [(name: String, block: Int)] {
        guard min(configuration.width, configuration.mlpWidth) >= WeightSet.leastIntegers else { return [] }
        let last = feature.block ?? configuration.depth - 1
        let headWidth = configuration.width / configuration.heads
        // Attention's results are rounded head by head.
        let heads =
            IntegerRows.block(for: headWidth) == headWidth ? headWidth : IntegerRows.block(for: configuration.width)
        let width = IntegerRows.block(for: configuration.width)
        let blocks = feature.readsAllTokens(in: configuration) ? last + 1 : last
        return (0..<blocks).flatMap { block in
            blockLayers(of: configuration).map { layer in
                let inputs =
                    switch layer.name {
                    case "attn.proj": heads
                    case "mlp.fc2": IntegerRows.block(for: configuration.mlpWidth)
                    default: width
                    }
                return ("blocks.\(block).\(layer.name)", inputs)
            }
        }
    }

    /// The canonical names of all weights of an architecture, and the shapes in which their gradients come.
    package static func weightShapes(of configuration: VisionTransformerConfiguration) -> [String: Shape] {
        let (width, side, grid) = (configuration.width, configuration.patchSize, configuration.positionGrid)
        var shapes: [String: Shape] = [:]
        func add(_ layer: Layer, _ prefix: String = "") {
            shapes["\(prefix)\(layer.name).weight"] = [layer.outputs, layer.inputs]
            shapes["\(prefix)\(layer.name).bias"] = [layer.outputs]
        }
        func addNorm(_ name: String, _ width: Int) {
            (shapes[name + ".weight"], shapes[name + ".bias"]) = ([width], [width])
        }
        (shapes["patch_embed.proj.weight"], shapes["patch_embed.proj.bias"]) = ([width, 3, side, side], [width])
        if configuration.hasClassToken { shapes["cls_token"] = [1, 1, width] }
        if configuration.registers > 0 { shapes["register_tokens"] = [1, configuration.registers, width] }
        if configuration.hasPositionEmbedding {
            shapes["pos_embed"] = [1, configuration.prefixPositions + grid * grid, width]
        }
        if configuration.hasPreNorm { addNorm("pos_drop", width) }
        for index in 0..<configuration.depth {
            let prefix = "blocks.\(index)."
            for layer in blockLayers(of: configuration) { add(layer, prefix) }
            for (name, width) in blockNorms(of: configuration) { addNorm(prefix + name, width) }
            if configuration.hasLayerScale {
                (shapes[prefix + "ls1.gamma"], shapes[prefix + "ls2.gamma"]) = ([width], [width])
            }
        }
        addNorm("norm", width)
        if case .attention = configuration.pooling {
            shapes["pool.probe"] = [1, 1, width]
            for layer in poolLayers(of: configuration) { add(layer) }
            addNorm("pool.norm", width)
        }
        if let projection = configuration.projectionWidth { shapes["proj"] = [width, projection] }
        return shapes
    }
}

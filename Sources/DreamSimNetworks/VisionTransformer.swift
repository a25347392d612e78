/// A vision transformer with its weights, ready to run. Immutable, so that any number of threads may share it.
package final class VisionTransformer: Sendable {
    /// The architecture.
    package let configuration: VisionTransformerConfiguration
    let patchEmbedding: Linear
    let classToken: Tensor
    let registers: Tensor?
    let positions: PositionEmbedding
    let preNorm: LayerNorm?
    let blocks: [Block]
    let norm: LayerNorm
    /// [C, projectionWidth], applied as x @ projection.
    let projection: Tensor?

    /// One block: x + attention(norm1(x)), then x + mlp(norm2(x)).
    struct Block: Sendable {
        let norm1: LayerNorm
        let qkv, output: Linear
        /// [C], or nil for 1.
        let scale1: Tensor?
        let norm2: LayerNorm
        let hidden, contraction: Linear
        /// [C], or nil for 1.
        let scale2: Tensor?
    }

    /// Builds the network from its weights.
    /// - Parameters:
    ///   - configuration: the architecture; `DreamSimError` with `.badConfiguration` when it is none.
    ///   - weights: every weight of the architecture under its canonical name, and no other.
    /// - Throws: `DreamSimError` with `.missingWeight`, `.unexpectedWeight` or `.shapeMismatch`.
    package init(_ configuration: VisionTransformerConfiguration, weights: WeightSet) throws(DreamSimError) {
        if let fault = configuration.fault {
            throw DreamSimError(.badConfiguration, weights.origin, key: fault.key, fault.reason)
        }
        let reader = Reader(configuration: configuration, weights: weights)
        let (width, patch) = (configuration.width, configuration.patchSize)
        self.configuration = configuration
        patchEmbedding = Linear(
            weight: try weights.matrix(
                "patch_embed.proj", outputs: width, inputs: 3 * patch * patch, stored: [width, 3, patch, patch]),
            bias: try weights.tensor("patch_embed.proj.bias", [width]))
        classToken = try weights.tensor("cls_token", [width])
        registers =
            configuration.registers == 0
            ? nil : try weights.tensor("register_tokens", [configuration.registers, width])
        positions = PositionEmbedding(
            table: try reader.positionTable(), grid: configuration.positionGrid,
            offset: configuration.positionOffset)
        preNorm = configuration.hasPreNorm ? try reader.layerNorm("pos_drop") : nil
        var blocks: [Block] = []
        for index in 0..<configuration.depth {
            blocks.append(try reader.block(index))
        }
        self.blocks = blocks
        norm = try reader.layerNorm("norm")
        if let projectionWidth = configuration.projectionWidth {
            projection = try weights.tensor("proj", [width, projectionWidth])
        } else {
            projection = nil
        }
        var expected = Self.weightNames(of: configuration)
        for layer in Self.linearLayers(of: configuration) {
            expected.formUnion([layer + WeightSet.packedLeaf, layer + WeightSet.scalesLeaf])
        }
        let names = Array(weights.tensors.keys) + weights.integers.keys
        if let surplus = names.filter({ !expected.contains($0) }).min() {
            throw DreamSimError(
                .unexpectedWeight, weights.origin, key: surplus,
                "has no place in this architecture; is it the right one?")
        }
    }

    /// The names of an architecture's linear layers.
    static func linearLayers(of configuration: VisionTransformerConfiguration) -> [String] {
        ["patch_embed.proj"]
            + (0..<configuration.depth).flatMap { block in
                ["attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"].map { "blocks.\(block).\($0)" }
            }
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
        return (0..<(feature.kind == .clsPatch ? last + 1 : last)).flatMap { block in
            [
                ("attn.qkv", width), ("attn.proj", heads), ("mlp.fc1", width),
                ("mlp.fc2", IntegerRows.block(for: configuration.mlpWidth)),
            ].map { ("blocks.\(block).\($0)", $1) }
        }
    }

    /// The canonical names of all weights of an architecture.
    package static func weightNames(of configuration: VisionTransformerConfiguration) -> Set<String> {
        var names: Set = ["cls_token", "pos_embed", "norm.weight", "norm.bias"]
        names.formUnion(["patch_embed.proj.weight", "patch_embed.proj.bias"])
        if configuration.registers > 0 { names.insert("register_tokens") }
        if configuration.hasPreNorm { names.formUnion(["pos_drop.weight", "pos_drop.bias"]) }
        if configuration.projectionWidth != nil { names.insert("proj") }
        for index in 0..<configuration.depth {
            for layer in ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"] {
                names.insert("blocks.\(index).\(layer).weight")
                names.insert("blocks.\(index).\(layer).bias")
            }
            if configuration.hasLayerScale {
                names.formUnion(["blocks.\(index).ls1.gamma", "blocks.\(index).ls2.gamma"])
            }
        }
        return names
    }
}

/// Takes layers out of a set of weights.
private struct Reader {
    let configuration: VisionTransformerConfiguration
    let weights: WeightSet

    func linear(_ name: String, inputs: Int, outputs: Int) throws(DreamSimError) -> Linear {
        Linear(
            weight: try weights.matrix(name, outputs: outputs, inputs: inputs),
            bias: try weights.tensor(name + ".bias", [outputs]))
    }

    func layerNorm(_ name: String) throws(DreamSimError) -> LayerNorm {
        LayerNorm(
            gamma: try weights.tensor(name + ".weight", [configuration.width]),
            beta: try weights.tensor(name + ".bias", [configuration.width]),
            epsilon: configuration.layerNormEpsilon)
    }

    func positionTable() throws(DreamSimError) -> Tensor {
        let grid = configuration.positionGrid
        return try weights.tensor("pos_embed", [1 + grid * grid, configuration.width])
    }

    func block(_ index: Int) throws(DreamSimError) -> VisionTransformer.Block {
        let (width, hidden) = (configuration.width, configuration.mlpWidth)
        let name = "blocks.\(index)."
        let scaled = configuration.hasLayerScale
        return VisionTransformer.Block(
            norm1: try layerNorm(name + "norm1"),
            qkv: try linear(name + "attn.qkv", inputs: width, outputs: 3 * width),
            output: try linear(name + "attn.proj", inputs: width, outputs: width),
            scale1: scaled ? try weights.tensor(name + "ls1.gamma", [width]) : nil,
            norm2: try layerNorm(name + "norm2"),
            hidden: try linear(name + "mlp.fc1", inputs: width, outputs: hidden),
            contraction: try linear(name + "mlp.fc2", inputs: hidden, outputs: width),
            scale2: scaled ? try weights.tensor(name + "ls2.gamma", [width]) : nil)
    }
}

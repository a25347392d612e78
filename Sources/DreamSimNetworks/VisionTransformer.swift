import Synchronization

/// A vision transformer with its weights, ready to run. Immutable, so that any number of threads may share it.
package final class VisionTransformer: Sendable {
    /// The architecture.
    package let configuration: VisionTransformerConfiguration
    let patchEmbedding: Linear
    let classToken: Tensor?
    let registers: Tensor?
    let positions: PositionEmbedding?
    let preNorm: LayerNorm?
    let blocks: [Block]
    let norm: LayerNorm
    /// What reads all tokens, where something learned does.
    let pool: AttentionPool?
    /// [C, projectionWidth], applied as x @ projection.
    let projection: Tensor?
    /// The angles of the grid that was asked for last.
    private let lastRotation = Mutex<(grid: Grid, rotation: Rotation)?>(nil)

    /// One block: x + attention(norm1(x)), then x + mlp(norm2(x)).
    struct Block: Sendable {
        let norm1: LayerNorm
        let qkv: Linear
        /// Before `output`, where there is one.
        let attentionNorm: LayerNorm?
        let output: Linear
        /// [C], or nil for 1.
        let scale1: Tensor?
        let norm2: LayerNorm
        let hidden: Linear
        /// What multiplies the outputs of `hidden`, after the nonlinearity; nil where the nonlinearity is `hidden`'s own.
        let gate: Linear?
        /// Before `contraction`, where there is one.
        let mlpNorm: LayerNorm?
        let contraction: Linear
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
        classToken = configuration.hasClassToken ? try weights.tensor("cls_token", [width]) : nil
        registers =
            configuration.registers == 0
            ? nil : try weights.tensor("register_tokens", [configuration.registers, width])
        positions = try reader.positions()
        preNorm = configuration.hasPreNorm ? try reader.layerNorm("pos_drop") : nil
        var blocks: [Block] = []
        for index in 0..<configuration.depth {
            blocks.append(try reader.block(index))
        }
        self.blocks = blocks
        norm = try reader.layerNorm("norm")
        pool = try reader.pool()
        if let projectionWidth = configuration.projectionWidth {
            projection = try weights.tensor("proj", [width, projectionWidth])
        } else {
            projection = nil
        }
        var expected = Set(Self.weightShapes(of: configuration).keys)
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

    /// How queries and keys of a grid of patches are rotated; nil where they are not.
    func rotation(of grid: Grid) -> Rotation? {
        guard let rotary = configuration.rotary else { return nil }
        return lastRotation.withLock { last in
            if let last, last.grid == grid { return last.rotation }
            let rotation = rotary.rotation(of: grid, headWidth: configuration.headWidth)
            last = (grid, rotation)
            return rotation
        }
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

    func layerNorm(_ name: String, width: Int? = nil) throws(DreamSimError) -> LayerNorm {
        let width = width ?? configuration.width
        return LayerNorm(
            gamma: try weights.tensor(name + ".weight", [width]), beta: try weights.tensor(name + ".bias", [width]),
            epsilon: configuration.layerNormEpsilon)
    }

    func positions() throws(DreamSimError) -> PositionEmbedding? {
        guard configuration.hasPositionEmbedding else { return nil }
        let (grid, first) = (configuration.positionGrid, configuration.prefixPositions)
        return PositionEmbedding(
            table: try weights.tensor("pos_embed", [first + grid * grid, configuration.width]), grid: grid,
            offset: configuration.positionOffset, isAntialiased: configuration.positionsAreAntialiased)
    }

    func pool() throws(DreamSimError) -> AttentionPool? {
        guard case .attention(let heads, let mlpWidth, let activation) = configuration.pooling else { return nil }
        let width = configuration.width
        return AttentionPool(
            attention: Attention(heads: heads, width: width), probe: try weights.tensor("pool.probe", [width]),
            query: try linear("pool.q", inputs: width, outputs: width),
            keysAndValues: try linear("pool.kv", inputs: width, outputs: 2 * width),
            output: try linear("pool.proj", inputs: width, outputs: width), norm: try layerNorm("pool.norm"),
            hidden: try linear("pool.mlp.fc1", inputs: width, outputs: mlpWidth), activation: activation,
            contraction: try linear("pool.mlp.fc2", inputs: mlpWidth, outputs: width))
    }

    func block(_ index: Int) throws(DreamSimError) -> VisionTransformer.Block {
        let (width, hidden) = (configuration.width, configuration.mlpWidth)
        let name = "blocks.\(index)."
        let scaled = configuration.hasLayerScale
        return VisionTransformer.Block(
            norm1: try layerNorm(name + "norm1"),
            qkv: try linear(name + "attn.qkv", inputs: width, outputs: 3 * width),
            attentionNorm: configuration.hasAttentionNorm ? try layerNorm(name + "attn.norm") : nil,
            output: try linear(name + "attn.proj", inputs: width, outputs: width),
            scale1: scaled ? try weights.tensor(name + "ls1.gamma", [width]) : nil,
            norm2: try layerNorm(name + "norm2"),
            hidden: try linear(name + "mlp.fc1", inputs: width, outputs: hidden),
            gate: configuration.hasGate ? try linear(name + "mlp.gate", inputs: width, outputs: hidden) : nil,
            mlpNorm: configuration.hasMLPNorm ? try layerNorm(name + "mlp.norm", width: hidden) : nil,
            contraction: try linear(name + "mlp.fc2", inputs: hidden, outputs: width),
            scale2: scaled ? try weights.tensor(name + "ls2.gamma", [width]) : nil)
    }
}

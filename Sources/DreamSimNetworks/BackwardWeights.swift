/// What a network's backward pass multiplies with: the weights of its linear layers packed the other way round, with the
/// scales of branches multiplied in. Made once for weights that stay as they are; takes as much memory as the weights.
package struct BackwardWeights: Sendable {
    let patchEmbedding: Linear
    let blocks: [Block]
    let pool: AttentionPool.Backward?

    /// Each layer takes the gradient of an output to that of an input.
    struct Block: Sendable {
        let qkv, output, hidden, contraction: Linear
        let gate: Linear?
    }

    /// Packs what a network needs.
    package init(_ network: VisionTransformer) {
        patchEmbedding = network.patchEmbedding.transposed()
        blocks = network.blocks.map { block in
            Block(
                qkv: block.qkv.transposed(), output: block.output.transposed(scalingOutputs: block.scale1),
                hidden: block.hidden.transposed(),
                contraction: block.contraction.transposed(scalingOutputs: block.scale2),
                gate: block.gate?.transposed())
        }
        pool = network.pool.map { AttentionPool.Backward($0) }
    }
}

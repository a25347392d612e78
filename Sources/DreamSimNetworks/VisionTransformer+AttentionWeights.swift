extension VisionTransformer {
    /// Runs the network up to a block with every attention weight at hand, or with tokens left out of attention. Much slower
    /// than `tokens(of:through:)`, and needs N * heads * T² elements more.
    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - last: the index of the last block to run.
    ///   - keptPatches: for each image, whether each of its patches may be attended to; nil for all. The class token and
    ///     registers always may.
    ///   - visit: called for each block with its index and its weights [N, heads, T, T].
    /// - Returns: the tokens [N, T, C] after block `last`, before the final layer norm.
    package func attendingTokens(
        of images: Tensor, through last: Int, keptPatches: [[Bool]]? = nil, visit: (Int, Tensor) -> Void = { _, _ in }
    ) -> Tensor {
        precondition(images.shape.rank == 4 && images.shape[1] == 3, "images of shape \(images.shape)")
        precondition(blocks.indices.contains(last), "block \(last) of \(blocks.count)")
        let grid = grid(height: images.shape[2], width: images.shape[3])
        let (count, tokens, width) = (images.shape[0], tokenCount(grid), configuration.width)
        let keys = keptPatches.map { kept in
            precondition(
                kept.count == count && kept.allSatisfy { $0.count == grid.count }, "patches of \(kept.count) images")
            return kept.map { [Bool](repeating: true, count: configuration.prefixTokens) + $0 }
        }
        return Tensor(uninitialized: [count, tokens, width]) { memory in
            let x = MatrixView(memory.baseAddress!, rows: count * tokens, columns: width)
            Scratch.with(images: count, tokens: tokens, configuration, extra: x.rows * 3 * width) { scratch, arena in
                let qkv = arena.matrix(rows: x.rows, columns: 3 * width)
                embed(images, 0..<count, grid, into: x, scratch)
                let rotation = rotation(of: grid)
                for index in 0...last {
                    visit(index, attend(blocks[index], on: x, tokens: tokens, keys: keys, qkv, rotation, scratch))
                    mlp(blocks[index], on: x, scratch)
                }
            }
        }
    }

    /// The first half of a block for the tokens of some images, by its weights, which are returned.
    private func attend(
        _ block: Block, on x: MatrixView, tokens: Int, keys: [[Bool]]?, _ qkv: MatrixView, _ rotation: Rotation?,
        _ scratch: Scratch
    ) -> Tensor {
        let normalized = scratch.narrow.rows(0..<x.rows)
        block.norm1.forward(x, into: normalized)
        block.qkv.forward(normalized, into: qkv, then: .bias)
        if let rotation { attention.rotate(BlockedMatrix(qkv), tokens: tokens, by: rotation) }
        let weights = attention.weights(qkv, tokens: tokens, keys: keys)
        attention.apply(weights, to: qkv, tokens: tokens, into: normalized)
        block.attentionNorm?.forward(normalized, into: normalized)
        block.output.forward(normalized, into: x, then: .residual(scale: block.scale1))
        return weights
    }
}

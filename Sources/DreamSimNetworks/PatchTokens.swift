/// The tokens of the patches of some images, without class token and registers.
package struct PatchTokens: Sendable {
    /// The patches' places.
    package let grid: VisionTransformer.Grid
    /// [N, T, C], all tokens.
    let tokens: Tensor
    /// The index of the first patch among the tokens of an image.
    let first: Int

    /// The token of a patch, counted row by row, of an image.
    package func token(_ patch: Int, image: Int) -> [Float] {
        precondition(patch < grid.count, "patch \(patch) of \(grid.count)")
        let width = tokens.shape[2]
        let start = (image * tokens.shape[1] + first + patch) * width
        return tokens.withUnsafeBufferPointer { Array($0[start..<(start + width)]) }
    }
}

extension VisionTransformer {
    /// The tokens of the patches after a block, before the final layer norm.
    /// - Parameters:
    ///   - images: [N, 3, H, W] in [0, 1]; the patch size divides H and W.
    ///   - block: the block's index; the last one when nil.
    ///   - keptPatches: for each image, whether each of its patches may be attended to; nil for all.
    package func patchTokens(
        of images: Tensor, after block: Int?, keptPatches: [[Bool]]? = nil
    ) -> PatchTokens {
        let last = block ?? configuration.depth - 1
        return PatchTokens(
            grid: grid(height: images.shape[2], width: images.shape[3]),
            tokens: keptPatches.map { attendingTokens(of: images, through: last, keptPatches: $0) }
                ?? tokens(of: images, through: last),
            first: configuration.prefixTokens)
    }
}

extension VisionTransformer {
    /// The tokens of an image's patches after the last block and the final layer norm: [patches, C].
    /// - Parameter image: [1, 3, H, W] in [0, 1].
    package func normalizedPatchTokens(of image: Tensor) -> Tensor {
        let tokens = patchTokens(of: image, after: nil)
        let (count, width) = (tokens.grid.count, configuration.width)
        var rows = Tensor(
            (0..<count).flatMap { tokens.token($0, image: 0) }, shape: [count, width])
        rows.withUnsafeMutableBufferPointer { memory in
            let view = MatrixView(memory.baseAddress!, rows: count, columns: width)
            finalNorm(view, into: view)
        }
        return rows
    }
}

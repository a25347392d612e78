internal import CDreamSimKernels

/// Attention of the class token alone. With x the normalized tokens and q the class token's query, head by head:
/// the scores x (Wkᵀ q) equal K q but for q · bk, which is the same for all tokens and so vanishes in the softmax; and
/// the result Wv (Σ p x) + bv equals Σ p v, because the weights p sum to one. Neither keys nor values are computed. Where
/// keys are rotated, each by angles of its own, they are.
extension Attention {
    /// The elements of scratch memory that `classTokens` needs.
    package func classTokenScratch(images: Int, tokens: Int) -> Int {
        images * width + heads * headScratch(images: images, tokens: tokens)
    }

    private func headScratch(images: Int, tokens: Int) -> Int {
        let columns = headWidth + 2 * PackedMatrix.panel
        return Workspace.Arena.rounded(width + tokens + images * (width + columns))
    }

    /// What attention gives to the first token of each image.
    /// - Parameters:
    ///   - x: [N * T, C], normalized tokens.
    ///   - qkv: the layer that makes queries, keys and values, C outputs each.
    ///   - tokens: T.
    ///   - output: [N, C].
    ///   - scratch: `classTokenScratch(images:tokens:)` elements.
    ///   - rotated: by which angles keys are rotated, and memory for them, [N * T, C]; nil where they are not. C is a
    ///     multiple of a panel's outputs then.
    package func classTokens(
        _ x: MatrixView, qkv: Linear, tokens: Int, into output: MatrixView, scratch: UnsafeMutablePointer<Float>,
        rotated: (by: Rotation, keys: MatrixView)? = nil
    ) {
        let images = output.rows
        precondition(
            x.columns == width && qkv.inputs == width && qkv.outputs == 3 * width && x.rows == images * tokens
                && output.columns == width,
            "class tokens of \(x.rows)x\(x.columns), \(tokens) tokens an image, into \(images)x\(output.columns)")
        let queries = MatrixView(scratch, rows: images, columns: width)
        let first = MatrixView(x.base, rows: images, columns: width, stride: tokens * x.stride)
        qkv.forward(BlockedMatrix(first), into: BlockedMatrix(queries), then: .bias)
        if let rotated {
            qkv.forward(BlockedMatrix(x), from: width, into: BlockedMatrix(rotated.keys), then: .bias)
            rotate(rotated.keys, tokens: tokens, by: rotated.by)
        }
        let keys = rotated?.keys
        let memory = MatrixView(
            scratch + images * width, rows: heads, columns: headScratch(images: images, tokens: tokens))
        qkv.weight.withPanels { panels in
            qkv.bias.withUnsafeBufferPointer { bias in
                let weights = Weights(panels: panels, bias: bias.baseAddress! + 2 * width)
                let attention = self
                Parallel.forEach(heads) { head in
                    attention.head(
                        head, x, tokens: tokens, queries, keys, weights, into: output,
                        scratch: memory.rows(head..<(head + 1)).base)
                }
            }
        }
    }

    /// `@unchecked Sendable`: read-only memory that outlives the parallel loop.
    private struct Weights: @unchecked Sendable {
        let panels: PanelPointer
        /// Of the values.
        let bias: UnsafePointer<Float>
    }

    private func head(
        _ head: Int, _ x: MatrixView, tokens: Int, _ queries: MatrixView, _ keys: MatrixView?, _ weights: Weights,
        into output: MatrixView, scratch: UnsafeMutablePointer<Float>
    ) {
        let (images, first) = (output.rows, head * headWidth)
        let direction = scratch
        let scores = direction + width
        let means = MatrixView(scores + tokens, rows: images, columns: width)
        for n in 0..<images {
            let image = x.rows((n * tokens)..<((n + 1) * tokens))
            let query = queries.base + n * queries.stride + first
            if let keys {
                let own = keys.base + n * tokens * keys.stride + first
                for t in 0..<tokens { scores[t] = dsv_dot(own + t * keys.stride, query, headWidth) }
            } else {
                dsv_packed_transposed_product(
                    weights.panels.base, width, width + first, headWidth, query, direction)
                for t in 0..<tokens { scores[t] = dsv_dot(image.base + t * image.stride, direction, width) }
            }
            dsv_softmax(scores, 1, tokens, tokens, scale)
            dsv_weighted_rows(image.base, image.stride, scores, tokens, width, means.base + n * width)
        }
        // The panels that hold this head's values may begin before it and end after it.
        let lower = (2 * width + first) / PackedMatrix.panel * PackedMatrix.panel
        let skipped = 2 * width + first - lower
        let values = MatrixView(means.base + images * width, rows: images, columns: skipped + headWidth)
        var product = dsv_product()
        (product.x, product.x_stride) = (UnsafePointer(means.base), means.stride)
        weights.panels.place(in: &product, from: lower)
        (product.rows, product.inputs, product.outputs) = (images, width, values.columns)
        (product.y, product.y_stride) = (values.base, values.stride)
        dsv_multiply_packed(&product)
        for n in 0..<images {
            for i in 0..<headWidth {
                output.base[n * output.stride + first + i] =
                    values.base[n * values.stride + skipped + i] + weights.bias[first + i]
            }
        }
    }
}

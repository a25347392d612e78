internal import CVectorMath

/// Multi-head self-attention, softmax(Q Kᵀ / sqrt(D)) V for every image and head (Vaswani et al. 2017).
package struct Attention: Sendable {
    /// Heads.
    package let heads: Int
    /// D, the width of one head.
    package let headWidth: Int

    package init(heads: Int, width: Int) {
        precondition(heads > 0 && width % heads == 0, "\(heads) heads of width \(width)")
        self.heads = heads
        self.headWidth = width / heads
    }

    /// Attends within each image.
    /// - Parameters:
    ///   - qkv: [N * T, 3 * C]: queries, keys and values side by side, heads side by side within each.
    ///   - tokens: T, the tokens of one image.
    ///   - output: [N * T, C].
    package func forward(_ qkv: MatrixView, tokens: Int, into output: MatrixView) {
        let width = heads * headWidth
        precondition(
            qkv.columns == 3 * width && output.columns == width && qkv.rows == output.rows && qkv.rows % tokens == 0,
            "attention over \(qkv.rows)x\(qkv.columns), \(tokens) tokens an image, into \(output.columns) columns")
        let scale = 1 / Float(headWidth).squareRoot()
        let (heads, headWidth) = (heads, headWidth)
        Parallel.forEach(qkv.rows / tokens * heads) { index in
            let rows = (index / heads * tokens)..<(index / heads * tokens + tokens)
            let first = index % heads * headWidth
            let image = qkv.rows(rows)
            let queries = image.columns(first..<(first + headWidth))
            let keys = image.columns((width + first)..<(width + first + headWidth))
            let values = image.columns((2 * width + first)..<(2 * width + first + headWidth))
            withUnsafeTemporaryAllocation(of: Float.self, capacity: tokens * tokens) { memory in
                let weights = MatrixView(memory.baseAddress!, rows: tokens, columns: tokens)
                multiply(queries, .none, keys, .transposed, into: weights)
                dsv_softmax(weights.base, tokens, tokens, tokens, scale)
                multiply(
                    weights, .none, values, .none,
                    into: output.rows(rows).columns(first..<(first + headWidth)))
            }
        }
    }
}

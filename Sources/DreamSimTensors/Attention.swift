internal import CDreamSimKernels

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

    /// C, the channels of all heads.
    package var width: Int { heads * headWidth }

    /// What scores are multiplied with, 1 / sqrt(D).
    var scale: Float { 1 / Float(headWidth).squareRoot() }

    /// Multiplications and additions of the two products.
    package func operations(images: Int, tokens: Int) -> Int { 4 * images * tokens * tokens * width }

    /// The elements of scratch memory that `forward` needs for each thread.
    package func scratch(tokens: Int) -> Int {
        Workspace.Arena.rounded(dsv_attention_scratch(tokens, headWidth))
    }

    /// Attends within each image.
    /// - Parameters:
    ///   - qkv: [N * T, 3 * C]: queries, keys and values side by side, heads side by side within each; one block, or
    ///     blocks of C.
    ///   - tokens: T, the tokens of one image.
    ///   - output: [N * T, C].
    ///   - scratch: a row of `scratch(tokens:)` elements for each thread that may take part.
    package func forward(
        _ qkv: BlockedMatrix, tokens: Int, into output: MatrixView, scratch: MatrixView
    ) {
        precondition(
            qkv.columns == 3 * width && output.columns == width && qkv.rows == output.rows && qkv.rows % tokens == 0,
            "attention over \(qkv.rows)x\(qkv.columns), \(tokens) tokens an image, into \(output.columns) columns")
        precondition(scratch.columns >= self.scratch(tokens: tokens), "scratch of \(scratch.columns) elements")
        let (heads, headWidth, width, scale) = (heads, headWidth, width, scale)
        Parallel.forEach(qkv.rows / tokens * heads, lanes: scratch.rows) { index, lane in
            let rows = (index / heads * tokens)..<((index / heads + 1) * tokens)
            let first = index % heads * headWidth
            func part(_ start: Int) -> UnsafePointer<Float> {
                UnsafePointer(qkv.view((start + first)..<(start + first + headWidth)).rows(rows).base)
            }
            let target = output.rows(rows).columns(first..<(first + headWidth))
            var attention = dsv_attention(
                queries: part(0), keys: part(width), values: part(2 * width), stride: qkv.stride, tokens: tokens,
                width: headWidth, scale: scale, y: target.base, y_stride: target.stride,
                scratch: scratch.rows(lane..<(lane + 1)).base)
            dsv_attend(&attention)
        }
    }
}

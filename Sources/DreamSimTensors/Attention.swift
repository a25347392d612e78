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
    package var scale: Float { 1 / Float(headWidth).squareRoot() }

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
            output.columns == width && qkv.rows == output.rows,
            "attention over \(qkv.rows)x\(qkv.columns) into \(output.rows)x\(output.columns)")
        forEachHead(qkv, tokens: tokens, scratch: scratch) { attention, head, rows in
            let target = output.rows(rows).columns((head * headWidth)..<((head + 1) * headWidth))
            (attention.y, attention.y_stride) = (target.base, target.stride)
            dsv_attend(&attention)
        }
    }

    /// Attends within each image and rounds the result, whose blocks are the heads.
    package func forward(
        _ qkv: BlockedMatrix, tokens: Int, rounding output: IntegerRows, scratch: MatrixView
    ) {
        precondition(
            output.columns == width && qkv.rows == output.rows && output.block == headWidth,
            "attention over \(qkv.rows)x\(qkv.columns) into blocks of \(output.block)")
        forEachHead(qkv, tokens: tokens, scratch: scratch) { attention, head, rows in
            withUnsafePointer(to: output.kernel) { rounded in
                attention.rounded = rounded
                (attention.first_row, attention.block) = (rows.lowerBound, head)
                dsv_attend(&attention)
            }
        }
    }

    /// Calls a closure for each head of each image with all but the place of its result, which rows it has.
    private func forEachHead(
        _ qkv: BlockedMatrix, tokens: Int, scratch: MatrixView,
        _ body: @Sendable (inout dsv_attention, Int, Range<Int>) -> Void
    ) {
        precondition(
            qkv.columns == 3 * width && qkv.rows % tokens == 0,
            "attention over \(qkv.rows)x\(qkv.columns), \(tokens) tokens an image")
        precondition(scratch.columns >= self.scratch(tokens: tokens), "scratch of \(scratch.columns) elements")
        Parallel.forEach(qkv.rows / tokens * heads, lanes: scratch.rows) { index, lane in
            let (image, head) = index.quotientAndRemainder(dividingBy: heads)
            let (rows, first) = ((image * tokens)..<((image + 1) * tokens), head * headWidth)
            func part(_ start: Int) -> UnsafePointer<Float> {
                UnsafePointer(qkv.view((start + first)..<(start + first + headWidth)).rows(rows).base)
            }
            var attention = dsv_attention()
            (attention.queries, attention.keys, attention.values) = (part(0), part(width), part(2 * width))
            (attention.stride, attention.tokens, attention.width) = (qkv.stride, tokens, headWidth)
            attention.scale = scale
            attention.scratch = scratch.rows(lane..<(lane + 1)).base
            body(&attention, head, rows)
        }
    }
}

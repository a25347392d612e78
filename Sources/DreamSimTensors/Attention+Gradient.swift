internal import CDreamSimKernels

/// Attention's backward pass. The weights of attention are not kept but computed again from queries and keys, some
/// queries at a time, so that memory grows with the tokens and not with their square.
extension Attention {
    /// The queries that are taken together.
    private static let queriesTogether = 128

    /// The elements of scratch memory that `backward` needs for each thread.
    package func backwardScratch(tokens: Int) -> Int {
        Workspace.Arena.rounded(2 * min(tokens, Self.queriesTogether) * tokens)
    }

    /// The gradients of queries, keys and values.
    /// - Parameters:
    ///   - qkv: [N * T, 3 * C], as `forward` took them.
    ///   - dOutput: [N * Q, C], for the first Q tokens of each image; the others' outputs went nowhere.
    ///   - tokens: T, the tokens of one image.
    ///   - dQKV: [N * T, 3 * C]; not the same memory as qkv.
    ///   - scratch: a row of `backwardScratch(tokens:)` elements for each thread that may take part.
    package func backward(
        _ qkv: BlockedMatrix, dOutput: MatrixView, tokens: Int, into dQKV: BlockedMatrix, scratch: MatrixView
    ) {
        let images = qkv.rows / tokens
        precondition(
            qkv.columns == 3 * width && dQKV.columns == 3 * width && dOutput.columns == width && images > 0
                && qkv.rows == images * tokens && dQKV.rows == qkv.rows && dOutput.rows % images == 0,
            "attention over \(qkv.rows)x\(qkv.columns), \(tokens) tokens an image, gradient of \(dOutput.rows) rows")
        precondition(scratch.columns >= backwardScratch(tokens: tokens), "scratch of \(scratch.columns) elements")
        let queries = dOutput.rows / images
        precondition(queries <= tokens, "\(queries) queries of \(tokens) tokens")
        let attention = self
        Parallel.forEach(images * heads, lanes: scratch.rows) { index, lane in
            let (image, head) = index.quotientAndRemainder(dividingBy: attention.heads)
            let gradient = dOutput.rows((image * queries)..<((image + 1) * queries))
            let first = head * attention.headWidth
            attention.backward(
                attention.parts(of: qkv, image: image, head: head, tokens: tokens),
                dOutput: gradient.columns(first..<(first + attention.headWidth)),
                into: attention.parts(of: dQKV, image: image, head: head, tokens: tokens),
                scratch: scratch.rows(lane..<(lane + 1)).base)
        }
    }

    /// Attends for the first token of each image alone.
    /// - Parameters:
    ///   - qkv: [N * T, 3 * C].
    ///   - tokens: T.
    ///   - output: [N, C].
    ///   - scratch: a row of T elements or more for each thread that may take part.
    package func forwardFirst(_ qkv: BlockedMatrix, tokens: Int, into output: MatrixView, scratch: MatrixView) {
        precondition(
            qkv.columns == 3 * width && output.columns == width && qkv.rows == output.rows * tokens
                && scratch.columns >= tokens,
            "attention over \(qkv.rows)x\(qkv.columns), \(tokens) tokens an image, into \(output.rows) rows")
        let attention = self
        Parallel.forEach(output.rows * heads, lanes: scratch.rows) { index, lane in
            let (image, head) = index.quotientAndRemainder(dividingBy: attention.heads)
            let (queries, keys, values) = attention.parts(of: qkv, image: image, head: head, tokens: tokens)
            let scores = scratch.base + lane * scratch.stride
            let width = attention.headWidth
            for t in 0..<tokens { scores[t] = dsv_dot(queries.base, keys.base + t * keys.stride, width) }
            dsv_softmax(scores, 1, tokens, tokens, attention.scale)
            dsv_weighted_rows(
                values.base, values.stride, scores, tokens, width, output.base + image * output.stride + head * width)
        }
    }

    private typealias Parts = (queries: MatrixView, keys: MatrixView, values: MatrixView)

    /// The queries, keys and values [T, D] of a head of an image.
    private func parts(of qkv: BlockedMatrix, image: Int, head: Int, tokens: Int) -> Parts {
        func part(_ start: Int) -> MatrixView {
            let first = start + head * headWidth
            return qkv.view(first..<(first + headWidth)).rows((image * tokens)..<((image + 1) * tokens))
        }
        return (part(0), part(width), part(2 * width))
    }

    private func backward(
        _ parts: Parts, dOutput: MatrixView, into gradients: Parts, scratch: UnsafeMutablePointer<Float>
    ) {
        let (tokens, queries) = (parts.queries.rows, dOutput.rows)
        for t in queries..<tokens {
            (gradients.queries.base + t * gradients.queries.stride).update(repeating: 0, count: headWidth)
        }
        for first in stride(from: 0, to: queries, by: Self.queriesTogether) {
            let range = first..<min(first + Self.queriesTogether, queries)
            let weights = MatrixView(scratch, rows: range.count, columns: tokens)
            let dWeights = MatrixView(scratch + range.count * tokens, rows: range.count, columns: tokens)
            let (q, dO) = (parts.queries.rows(range), dOutput.rows(range))
            let keep: Float = first == 0 ? 0 : 1
            multiply(q, .none, parts.keys, .transposed, into: weights)
            dsv_softmax(weights.base, range.count, tokens, tokens, scale)
            multiply(weights, .transposed, dO, .none, into: gradients.values, keep: keep)
            multiply(dO, .none, parts.values, .transposed, into: dWeights)
            dsv_softmax_backward(weights.base, dWeights.base, range.count, tokens, tokens, scale)
            multiply(dWeights, .none, parts.keys, .none, into: gradients.queries.rows(range))
            multiply(dWeights, .transposed, q, .none, into: gradients.keys, keep: keep)
        }
    }
}

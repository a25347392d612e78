internal import CDreamSimKernels

/// Attention by its weights, one product after another: for looking at the weights, and for leaving tokens out. `forward`
/// computes the same without ever holding them.
extension Attention {
    /// The attention weights, softmax(Q Kᵀ / sqrt(D)): [N, heads, T, T], each row summing to one.
    /// - Parameters:
    ///   - qkv: [N * T, 3 * C]: queries, keys and values side by side, heads side by side within each.
    ///   - tokens: T, the tokens of one image.
    ///   - keys: for each image, whether each of its tokens may be attended to; nil for all. Each image keeps at least one.
    package func weights(_ qkv: MatrixView, tokens: Int, keys: [[Bool]]?) -> Tensor {
        let images = qkv.rows / tokens
        precondition(
            qkv.columns == 3 * width && images * tokens == qkv.rows
                && (keys?.allSatisfy { $0.count == tokens && $0.contains(true) } ?? true),
            "attention weights over \(qkv.rows)x\(qkv.columns), \(tokens) tokens an image")
        return Tensor(uninitialized: [images, heads, tokens, tokens]) { memory in
            let weights = MatrixView(memory.baseAddress!, rows: images * heads * tokens, columns: tokens)
            let attention = self
            Parallel.forEach(images * heads) { index in
                let (image, head) = index.quotientAndRemainder(dividingBy: attention.heads)
                let scores = weights.rows((index * tokens)..<((index + 1) * tokens))
                multiply(
                    attention.part(qkv, 0, image: image, head: head, tokens: tokens), .none,
                    attention.part(qkv, 1, image: image, head: head, tokens: tokens), .transposed, into: scores)
                if let keys {
                    // Far below every score, so that its exponential is exactly zero.
                    for (key, isKept) in keys[image].enumerated() where !isKept {
                        for row in 0..<tokens { scores.base[row * tokens + key] = -Float.greatestFiniteMagnitude / 4 }
                    }
                }
                dsv_softmax(scores.base, tokens, tokens, tokens, attention.scale)
                if let keys {
                    for (key, isKept) in keys[image].enumerated() where !isKept {
                        for row in 0..<tokens { scores.base[row * tokens + key] = 0 }
                    }
                }
            }
        }
    }

    /// What the weights make of the values: [N * T, C].
    package func apply(_ weights: Tensor, to qkv: MatrixView, tokens: Int, into output: MatrixView) {
        let images = qkv.rows / tokens
        precondition(
            weights.shape == [images, heads, tokens, tokens] && output.rows == qkv.rows && output.columns == width,
            "weights \(weights.shape) over \(qkv.rows)x\(qkv.columns), \(tokens) tokens an image")
        weights.withUnsafeBufferPointer { memory in
            let all = MatrixView(reading: memory.baseAddress!, rows: images * heads * tokens, columns: tokens)
            let attention = self
            Parallel.forEach(images * heads) { index in
                let (image, head) = index.quotientAndRemainder(dividingBy: attention.heads)
                let columns = (head * attention.headWidth)..<((head + 1) * attention.headWidth)
                multiply(
                    all.rows((index * tokens)..<((index + 1) * tokens)), .none,
                    attention.part(qkv, 2, image: image, head: head, tokens: tokens), .none,
                    into: output.rows((image * tokens)..<((image + 1) * tokens)).columns(columns))
            }
        }
    }

    /// Queries (0), keys (1) or values (2) of a head of an image: [T, D].
    private func part(_ qkv: MatrixView, _ kind: Int, image: Int, head: Int, tokens: Int) -> MatrixView {
        let first = kind * width + head * headWidth
        return qkv.rows((image * tokens)..<((image + 1) * tokens)).columns(first..<(first + headWidth))
    }
}

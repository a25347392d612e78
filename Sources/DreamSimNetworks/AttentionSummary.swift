/// What the tokens that an image is read from attend to: the class token, the patches whose mean is read, or the probe of an
/// attention pool.
package enum AttentionSummary: Sendable {
    /// In the last block, averaged over the heads.
    case lastBlock
    /// Through all blocks: attention rollout (Abnar and Zuidema 2020). Each block's weights, averaged over the heads, are mixed
    /// half and half with the identity for the residual connection; the product of all blocks' matrices says how much of
    /// each input token reaches the class token.
    case rollout
}

extension VisionTransformer {
    /// How attention is shared among the patches of each image: N lists of one share a patch, row by row. What goes to the
    /// class token itself and to registers is left out, so that a list sums to at most one.
    /// - Parameters:
    ///   - summary: in one block or through all.
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - block: the index of the last block that counts; the network's last when nil.
    package func attention(_ summary: AttentionSummary, of images: Tensor, through block: Int?) -> [[Double]] {
        let last = block ?? configuration.depth - 1
        var rolled: [SquareMatrix] = []
        let tokens = attendingTokens(of: images, through: last) { index, weights in
            if summary == .lastBlock && index < last { return }
            let means = (0..<images.shape[0]).map { SquareMatrix(meanOfHeads: weights, image: $0) }
            switch summary {
            case .lastBlock: rolled = means
            case .rollout:
                let mixed = means.map { $0.mixedWithIdentity() }
                rolled = rolled.isEmpty ? mixed : zip(mixed, rolled).map { $0.times($1) }
            }
        }
        return rolled.enumerated().map { image, matrix in
            let shares: [Double]
            switch configuration.pooling {
            case .classToken: shares = matrix.weighted(by: [1])
            case .mean:
                let patches = matrix.side - configuration.prefixTokens
                shares = matrix.weighted(
                    by: Array(repeating: 0, count: configuration.prefixTokens)
                        + Array(repeating: 1 / Double(patches), count: patches))
            case .attention:
                let probe = probeShares(tokens, image: image)
                // In one block, the probe's own attention is the last.
                shares = summary == .lastBlock ? probe : matrix.weighted(by: probe)
            }
            return Array(shares[configuration.prefixTokens...])
        }
    }

    /// How the attention pool's probe divides its attention among the tokens of an image.
    private func probeShares(_ tokens: Tensor, image: Int) -> [Double] {
        guard let pool else { preconditionFailure("no attention pool") }
        let (count, width) = (tokens.shape[1], tokens.shape[2])
        return tokens.withUnsafeBufferPointer { all in
            var shares: [Double] = []
            let rows = MatrixView(reading: all.baseAddress! + image * count * width, rows: count, columns: width)
            withNormalized(rows) { shares = pool.shares(of: $0) }
            return shares
        }
    }
}

/// A small matrix in double precision.
private struct SquareMatrix {
    let side: Int
    var values: [Double]

    /// The mean over the heads of an image's weights [N, heads, T, T].
    init(meanOfHeads weights: Tensor, image: Int) {
        let (heads, side) = (weights.shape[1], weights.shape[2])
        self.side = side
        values = [Double](repeating: 0, count: side * side)
        weights.withUnsafeBufferPointer { all in
            for head in 0..<heads {
                let start = (image * heads + head) * side * side
                for i in 0..<(side * side) { values[i] += Double(all[start + i]) / Double(heads) }
            }
        }
    }

    /// (W + I) / 2; rows that sum to one still do.
    func mixedWithIdentity() -> SquareMatrix {
        var result = self
        for i in values.indices { result.values[i] /= 2 }
        for i in 0..<side { result.values[i * side + i] += 0.5 }
        return result
    }

    /// The mean of the first rows with weights.
    func weighted(by weights: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: side)
        for (row, weight) in weights.enumerated() where weight != 0 {
            for column in 0..<side { sums[column] += weight * values[row * side + column] }
        }
        return sums
    }

    func times(_ other: SquareMatrix) -> SquareMatrix {
        var result = self
        result.values.withUnsafeMutableBufferPointer { target in
            other.values.withUnsafeBufferPointer { right in
                for row in 0..<side {
                    for column in 0..<side { target[row * side + column] = 0 }
                    for k in 0..<side {
                        let factor = values[row * side + k]
                        for column in 0..<side { target[row * side + column] += factor * right[k * side + column] }
                    }
                }
            }
        }
        return result
    }
}

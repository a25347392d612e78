/// What the class token of an image attends to.
package enum AttentionSummary: Sendable {
    /// In the last block, averaged over the heads.
    case lastBlock
    /// Through all blocks: attention rollout (Abnar and Zuidema 2020). Each block's weights, averaged over the heads, are mixed
    /// half and half with the identity for the residual connection; the product of all blocks' matrices says how much of
    /// each input token reaches the class token.
    case rollout
}

extension VisionTransformer {
    /// How the class token's attention is shared among the patches of each image: N lists of one share a patch, row by row.
    /// What goes to the class token itself and to registers is left out, so that a list sums to at most one.
    /// - Parameters:
    ///   - summary: in one block or through all.
    ///   - images: [N, 3, H, W] in [0, 1].
    ///   - block: the index of the last block that counts; the network's last when nil.
    package func attention(_ summary: AttentionSummary, of images: Tensor, through block: Int?) -> [[Double]] {
        let last = block ?? configuration.depth - 1
        var rolled: [SquareMatrix] = []
        _ = attendingTokens(of: images, through: last) { index, weights in
            if summary == .lastBlock && index < last { return }
            let means = (0..<images.shape[0]).map { SquareMatrix(meanOfHeads: weights, image: $0) }
            switch summary {
            case .lastBlock: rolled = means
            case .rollout:
                let mixed = means.map { $0.mixedWithIdentity() }
                rolled = rolled.isEmpty ? mixed : zip(mixed, rolled).map { $0.times($1) }
            }
        }
        return rolled.map { Array($0.values[(1 + configuration.registers)..<$0.side]) }
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

import DreamSimNetworks

/// The tokens inside of the model's transformers.
extension PerceptualModel {
    /// The shape [T, C] of an image's tokens in each transformer.
    package var tokenShapes: [Shape] {
        networks.map { network in
            let grid = network.grid(height: preprocessing.side, width: preprocessing.side)
            return [network.tokenCount(grid), network.configuration.width]
        }
    }

    /// The tokens of images that enter a block of each transformer.
    /// - Parameters:
    ///   - batch: [N, 3, side, side] in [0, 1].
    ///   - blocks: for each transformer the index of the block, above zero.
    /// - Returns: for each transformer [N, T, C].
    package func tokens(of batch: Tensor, entering blocks: [Int]) -> [Tensor] {
        zip(networks, blocks).map { network, block in network.tokens(of: batch, through: block - 1) }
    }
}

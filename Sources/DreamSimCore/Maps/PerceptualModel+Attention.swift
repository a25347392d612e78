public import DreamSimNetworks

extension PerceptualModel {
    /// What the class token attends to, place by place, averaged over the backbones.
    ///
    /// Values are shares of the attention that goes to patches, times the number of patches: 1 is an equal share, and the mean
    /// is 1. The grid is the finest backbone's, as in `map(_:_:)`; blocks after the one whose class token the model reads do
    /// not count. Attention says where information is taken from, not what is made of it.
    /// - Parameters:
    ///   - kind: `.rollout` or `.attention`.
    ///   - image: the image; the field covers the square that is made of it.
    /// - Throws: `DreamSimError` with `.badSetting` when the square is so large that the weights would not fit in memory.
    public func attention(_ kind: MapKind, of image: Image) throws(DreamSimError) -> ScalarField {
        precondition(kind != .difference, "a difference needs two images")
        try checkTransformers()
        try checkAttentionSize()
        let batch = preprocessing.batch([preprocessing.applied(to: image)])
        let maps = zip(networks, description.transformers).map { network, part in
            let shares = network.attention(
                kind == .rollout ? .rollout : .lastBlock, of: batch, through: part.feature.block)[0]
            let grid = network.grid(height: preprocessing.side, width: preprocessing.side)
            let sum = shares.reduce(0, +)
            let factor = sum > 0 ? Double(shares.count) / sum : 0
            return ScalarField(
                width: grid.columns, height: grid.rows, values: shares.map { Float($0 * factor) })
        }
        return ScalarField.mean(of: maps)
    }
}

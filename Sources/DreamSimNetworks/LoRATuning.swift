/// Low-rank updates of the blocks' `attn.qkv` as they take part in training: y = x Wᵀ + b + scale * dropout(x) Aᵀ Bᵀ, beside
/// the frozen weight and not merged into it.
package struct LoRATuning: Sendable {
    /// What B A is multiplied with.
    let scale: Float
    let dropout: Dropout?
    let layers: [Int: Layer]

    /// One block's factors, packed for both directions.
    struct Layer: Sendable {
        /// x Aᵀ.
        let down: Linear
        /// scale * u Bᵀ.
        let up: Linear
        /// d(x Aᵀ) A.
        let downTransposed: Linear
        /// scale * dy B.
        let upTransposed: Linear

        var rank: Int { down.outputs }
    }

    /// - Parameters:
    ///   - updates: the factors, by the block's index; A [r, C], B [3 C, r].
    ///   - scale: what B A is multiplied with.
    ///   - dropout: applied to the updates' inputs; nil for none.
    package init(_ updates: [Int: LoRAAdapter.Update], scale: Float, dropout: Dropout? = nil) {
        self.scale = scale
        self.dropout = dropout
        layers = updates.mapValues { update in
            let scaled = Tensor(update.up.values.map { $0 * scale }, shape: update.up.shape)
            let down = Linear(weight: update.down, bias: Tensor(zeros: [update.down.shape[0]]))
            let up = Linear(weight: scaled, bias: Tensor(zeros: [update.up.shape[0]]))
            return Layer(
                down: down, up: up, downTransposed: down.transposed(), upTransposed: up.transposed())
        }
    }

    /// The lowest block that has an update; nil when none has.
    package var lowestBlock: Int? { layers.keys.min() }

    /// The rank of all updates; they are equal.
    var rank: Int { layers.values.first?.rank ?? 0 }
}

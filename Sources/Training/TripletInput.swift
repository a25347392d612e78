import DreamSim
import Tensors

/// Triplets as they enter a model: as images, or as what its frozen blocks made of them.
struct TripletInput {
    private enum Pictures {
        case images(TripletBatch)
        /// For each network [3 N, T, C]: reference, left and right of each triplet.
        case tokens([Tensor])
    }

    private let pictures: Pictures
    /// As in `TripletBatch`.
    let rightPreferred: [Float]

    /// Images.
    init(_ batch: TripletBatch) { (pictures, rightPreferred) = (.images(batch), batch.rightPreferred) }

    /// Tokens that enter the tuned blocks: for each network [3 N, T, C], reference, left and right of each triplet.
    init(tokens: [Tensor], rightPreferred: [Float]) {
        precondition(tokens.allSatisfy { $0.shape[0] == 3 * rightPreferred.count }, "tokens of other triplets")
        (pictures, self.rightPreferred) = (.tokens(tokens), rightPreferred)
    }

    /// The number of triplets.
    var count: Int { rightPreferred.count }

    /// Some of the triplets; triplet by triplet, so that the same image meets the same dropout wherever a batch is cut.
    func entry(_ range: Range<Int>) -> EmbeddingRecording.Entry {
        switch pictures {
        case .images(let batch):
            .images(
                Tensor(
                    stacking: range.flatMap { i in
                        [batch.references, batch.left, batch.right].map { $0.images(i..<(i + 1)) }
                    }))
        case .tokens(let parts):
            .tokens(parts.map { $0.images((3 * range.lowerBound)..<(3 * range.upperBound)) })
        }
    }
}

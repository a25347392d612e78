/// Triplets as they enter what is learnt: as images, or as what the frozen blocks below made of them.
struct TripletInput {
    private enum Images {
        case images(TripletBatch)
        /// For each network [3 N, T, C]: reference, left and right of each triplet.
        case tokens([Tensor])
    }

    private let images: Images
    /// As in `TripletBatch`.
    let rightPreferred: [Float]

    /// Images, or embeddings for a head.
    init(_ batch: TripletBatch) { (images, rightPreferred) = (.images(batch), batch.rightPreferred) }

    /// Tokens that enter the tuned blocks: for each network [3 N, T, C], reference, left and right of each triplet.
    init(tokens: [Tensor], rightPreferred: [Float]) {
        precondition(tokens.allSatisfy { $0.shape[0] == 3 * rightPreferred.count }, "tokens of other triplets")
        (images, self.rightPreferred) = (.tokens(tokens), rightPreferred)
    }

    /// The number of triplets.
    var count: Int { rightPreferred.count }

    /// Some of the triplets; triplet by triplet, so that the same image meets the same dropout wherever a batch is cut.
    func entry(_ range: Range<Int>) -> EmbeddingRecording.Entry {
        switch images {
        case .images(let batch): .images(Self.stacked(batch, range))
        case .tokens(let parts):
            .tokens(parts.map { $0.images((3 * range.lowerBound)..<(3 * range.upperBound)) })
        }
    }

    /// The embeddings of some of the triplets, [3 n, width], of a batch of embeddings.
    func embeddings(_ range: Range<Int>) -> Tensor {
        guard case .images(let batch) = images, batch.references.shape.rank == 2 else {
            preconditionFailure("triplets that are not embeddings")
        }
        return Self.stacked(batch, range)
    }

    /// Reference, left and right of each triplet.
    private static func stacked(_ batch: TripletBatch, _ range: Range<Int>) -> Tensor {
        Tensor(
            stacking: range.flatMap { i in
                [batch.references, batch.left, batch.right].map { $0.images(i..<(i + 1)) }
            })
    }
}

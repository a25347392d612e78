/// Triplets of images, or of the embeddings that a head learns from, with what people preferred.
package struct TripletBatch: Sendable {
    /// Images [N, 3, side, side] in [0, 1], or embeddings [N, width].
    package let references: Tensor
    /// Of the same shape.
    package let left: Tensor
    /// Of the same shape.
    package let right: Tensor
    /// For each triplet 1 when the right image was found more like the reference, 0 when the left one was, or the
    /// fraction of people who preferred the right one.
    package let rightPreferred: [Float]

    /// Joins images with judgments.
    /// - Throws: `DreamSimError` with `.badBatch` when shapes or counts differ, or a judgment is not from 0 to 1.
    package init(references: Tensor, left: Tensor, right: Tensor, rightPreferred: [Float]) throws(DreamSimError) {
        let shape = references.shape
        guard shape.rank == 2 || shape.rank == 4 && shape[1] == 3, references.count > 0,
            left.shape == references.shape, right.shape == references.shape,
            rightPreferred.count == references.shape[0]
        else {
            throw DreamSimError(
                .badBatch, "triplets",
                "have images of shapes \(references.shape), \(left.shape), \(right.shape) and \(rightPreferred.count) "
                    + "judgments; all must be [N, 3, side, side], or [N, width], and N")
        }
        guard rightPreferred.allSatisfy({ (0...1).contains($0) }) else {
            throw DreamSimError(.badBatch, "triplets", "have judgments outside 0 to 1")
        }
        self.references = references
        self.left = left
        self.right = right
        self.rightPreferred = rightPreferred
    }

    /// The number of triplets.
    package var count: Int { rightPreferred.count }
}

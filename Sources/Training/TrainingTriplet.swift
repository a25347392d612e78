public import DreamSim

/// Files of a triplet with what people preferred.
public struct TrainingTriplet: Hashable, Sendable {
    /// The image that the others are compared with.
    public let reference: ImagePath
    /// One of the two.
    public let left: ImagePath
    /// The other.
    public let right: ImagePath
    /// 1 when people found the right image more like the reference, 0 when the left one, or the fraction of people.
    public let rightPreferred: Float

    /// Joins files with a judgement.
    public init(reference: ImagePath, left: ImagePath, right: ImagePath, rightPreferred: Float) {
        self.reference = reference
        self.left = left
        self.right = right
        self.rightPreferred = rightPreferred
    }
}

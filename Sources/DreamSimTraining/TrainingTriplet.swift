/// Files of a triplet with what people preferred.
package struct TrainingTriplet: Hashable, Sendable {
    /// The image that the others are compared with.
    package let reference: ImagePath
    /// One of the two.
    package let left: ImagePath
    /// The other.
    package let right: ImagePath
    /// 1 when people found the right image more like the reference, 0 when the left one, or the fraction of people.
    package let rightPreferred: Float
    /// Where the triplet stands, such as `mine.csv, line 12`, for messages.
    package let place: String?

    /// Joins files with a judgment.
    package init(
        reference: ImagePath, left: ImagePath, right: ImagePath, rightPreferred: Float, place: String? = nil
    ) {
        self.reference = reference
        self.left = left
        self.right = right
        self.rightPreferred = rightPreferred
        self.place = place
    }

    /// Reference, left and right.
    var images: [ImagePath] { [reference, left, right] }

    /// The error that an image of it cannot be read.
    /// - Parameter reason: names the image.
    func unreadable(_ reason: String) -> DreamSimError {
        DreamSimError(
            .unreadable, place ?? "a triplet",
            "\(reason); fix or remove the triplet, or skip unreadable ones")
    }
}

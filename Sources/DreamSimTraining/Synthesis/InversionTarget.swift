/// An image that an inversion comes to match, in whole or in part.
package struct InversionTarget: Sendable {
    /// What errors and reports call it, such as its file.
    package let name: String
    /// The image; it is brought to the inversion's size.
    package let image: Image
    /// What of it counts, as large as the image; everything when nil. Elsewhere the image that is made and the target
    /// both show one color, so that no metric can see anything there.
    package let mask: Mask?
    /// How much its distance counts among several targets, above zero.
    package let weight: Double

    /// A target.
    package init(_ image: Image, name: String, mask: Mask? = nil, weight: Double = 1) {
        self.image = image
        self.name = name
        self.mask = mask
        self.weight = weight
    }
}

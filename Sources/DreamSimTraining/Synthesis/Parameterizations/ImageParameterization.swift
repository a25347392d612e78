/// A way to write an image as numbers that are optimized: which images are near, and so what is found, depends on it.
package protocol ImageParameterization: Sendable {
    /// The numbers to start from, by name.
    /// - Parameter seed: the random seed.
    func start(seed: UInt64) -> [String: Tensor]

    /// The numbers of an image [1, 3, H, W] in [0, 1]; nil where images cannot be written down.
    func parameters(of image: Tensor) -> [String: Tensor]?

    /// The image that the parameters stand for.
    /// - Parameter noise: decides over what changes from step to step; nothing does when nil.
    func rendered(_ parameters: [String: Tensor], noise: UInt64?) -> RenderedImage
}

/// An image, with the backward pass to its parameters.
package struct RenderedImage {
    /// [1, 3, H, W] in [0, 1].
    package let image: Tensor
    /// The gradients of the numbers, given that of the image.
    package let backward: (Tensor) -> [String: Tensor]
}

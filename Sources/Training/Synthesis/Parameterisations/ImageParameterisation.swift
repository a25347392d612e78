package import Tensors

/// A way to write a picture as numbers that are optimised: which pictures are near, and so what is found, depends on it.
package protocol ImageParameterisation: Sendable {
    /// The numbers to start from, by name.
    /// - Parameter seed: decides over all chance.
    func start(seed: UInt64) -> [String: Tensor]

    /// The numbers of a picture [1, 3, H, W] in [0, 1]; nil where pictures cannot be written down.
    func parameters(of picture: Tensor) -> [String: Tensor]?

    /// The picture that the numbers describe.
    /// - Parameter noise: decides over what changes from step to step; nothing does when nil.
    func rendered(_ parameters: [String: Tensor], noise: UInt64?) -> RenderedPicture
}

/// A picture with its way back to what describes it.
package struct RenderedPicture {
    /// [1, 3, H, W] in [0, 1].
    package let picture: Tensor
    /// The gradients of the numbers, given that of the picture.
    package let backward: (Tensor) -> [String: Tensor]
}

/// A linear way to write planes as numbers.
protocol PlaneBasis: Sendable {
    /// The shapes of the numbers, by name.
    var shapes: [String: Shape] { get }

    /// The planes [3, H, W] that the parameters stand for.
    func planes(_ parameters: [String: Tensor]) -> Tensor

    /// The transpose of `planes`: the gradients of the numbers.
    func backward(_ gradient: Tensor) -> [String: Tensor]

    /// Parameters whose planes are these, within rounding.
    func parameters(of planes: Tensor) -> [String: Tensor]
}

/// An image by a linear basis of its planes, and colors.
struct LinearParameterization<Basis: PlaneBasis>: ImageParameterization {
    let basis: Basis
    let colors: ImageColors
    /// The standard deviation of the numbers to start from.
    let spread: Float

    func start(seed: UInt64) -> [String: Tensor] {
        var generator = SeededGenerator(state: SeededGenerator.mixed(seed))
        var result: [String: Tensor] = [:]
        for name in basis.shapes.keys.sorted() {
            guard let shape = basis.shapes[name] else { continue }
            result[name] = Tensor(generator.normals(shape.count, spread: spread), shape: shape)
        }
        return result
    }

    func parameters(of image: Tensor) -> [String: Tensor]? {
        basis.parameters(of: colors.planes(of: image))
    }

    func rendered(_ parameters: [String: Tensor], noise: UInt64?) -> RenderedImage {
        let image = colors.image(basis.planes(parameters))
        return RenderedImage(image: image) { gradient in
            basis.backward(colors.backward(gradient, image: image))
        }
    }
}

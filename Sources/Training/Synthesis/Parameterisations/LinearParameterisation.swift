import Randomness
import Tensors

/// A linear way to write planes as numbers.
protocol PlaneBasis: Sendable {
    /// The shapes of the numbers, by name.
    var shapes: [String: Shape] { get }

    /// The planes [3, H, W] that the numbers describe.
    func planes(_ parameters: [String: Tensor]) -> Tensor

    /// The transpose of `planes`: the gradients of the numbers.
    func backward(_ gradient: Tensor) -> [String: Tensor]

    /// Numbers that describe planes within rounding.
    func parameters(of planes: Tensor) -> [String: Tensor]
}

/// A picture by a linear basis of its planes, and colours.
struct LinearParameterisation<Basis: PlaneBasis>: ImageParameterisation {
    let basis: Basis
    let colours: PictureColours
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

    func parameters(of picture: Tensor) -> [String: Tensor]? {
        basis.parameters(of: colours.planes(of: picture))
    }

    func rendered(_ parameters: [String: Tensor], noise: UInt64?) -> RenderedPicture {
        let picture = colours.picture(basis.planes(parameters))
        return RenderedPicture(picture: picture) { gradient in
            basis.backward(colours.backward(gradient, picture: picture))
        }
    }
}

/// The values of the planes themselves.
struct PixelBasis: PlaneBasis {
    let height: Int
    let width: Int

    private static let name = "pixels"

    var shapes: [String: Shape] { [Self.name: [3, height, width]] }

    func planes(_ parameters: [String: Tensor]) -> Tensor { parameters.named(Self.name) }

    func backward(_ gradient: Tensor) -> [String: Tensor] { [Self.name: gradient] }

    func parameters(of planes: Tensor) -> [String: Tensor] { [Self.name: planes] }
}

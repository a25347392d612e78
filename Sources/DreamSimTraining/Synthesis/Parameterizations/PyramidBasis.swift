/// A Laplacian pyramid (Burt and Adelson 1983): planes as the sum of levels, each half as large as the one before and
/// enlarged bicubically. A step changes all levels alike, and so large forms faster than single pixels.
struct PyramidBasis: PlaneBasis {
    let height: Int
    let width: Int
    /// From each level but the first to the full size.
    private let enlargements: [LinearResampling]

    /// Plans a pyramid.
    /// - Parameter levels: with the full size, at least 1; levels whose shorter side would be below 2 are left out.
    init(height: Int, width: Int, levels: Int) {
        (self.height, self.width) = (height, width)
        enlargements = (1..<max(levels, 1)).compactMap { level in
            let (h, w) = ((height + (1 << level) - 1) >> level, (width + (1 << level) - 1) >> level)
            return min(h, w) < 2 ? nil : LinearResampling(height: h, width: w, toHeight: height, width: width)
        }
    }

    private static func name(_ level: Int) -> String { "level\(level)" }

    var shapes: [String: Shape] {
        var shapes: [String: Shape] = [Self.name(0): [3, height, width]]
        for (index, level) in enlargements.enumerated() {
            shapes[Self.name(index + 1)] = [3, level.height, level.width]
        }
        return shapes
    }

    func planes(_ parameters: [String: Tensor]) -> Tensor {
        var sum = parameters.named(Self.name(0))
        for (index, level) in enlargements.enumerated() {
            sum.add(level.forward(parameters.named(Self.name(index + 1))))
        }
        return sum
    }

    func backward(_ gradient: Tensor) -> [String: Tensor] {
        var result = [Self.name(0): gradient]
        for (index, level) in enlargements.enumerated() {
            result[Self.name(index + 1)] = level.backward(gradient)
        }
        return result
    }

    /// From the coarsest level on, what is left of the planes; the first level takes the rest.
    func parameters(of planes: Tensor) -> [String: Tensor] {
        var rest = planes
        var result: [String: Tensor] = [:]
        for (index, level) in enlargements.enumerated().reversed() {
            let reduction = LinearResampling(height: height, width: width, toHeight: level.height, width: level.width)
            let small = reduction.forward(rest)
            rest.add(level.forward(small), scale: -1)
            result[Self.name(index + 1)] = small
        }
        result[Self.name(0)] = rest
        return result
    }
}

/// One minus the cosine, with its gradient, in double precision.
package struct CosineDistance {
    /// From 0 to 2.
    package let distance: Double
    /// How the distance changes with a's components; zeros where a or b is zero.
    package let gradientA: [Double]
    package let gradientB: [Double]

    package init(_ a: some Collection<Float>, _ b: some Collection<Float>) {
        let (x, y) = (a.map(Double.init), b.map(Double.init))
        precondition(x.count == y.count, "vectors of \(x.count) and \(y.count) components")
        func dot(_ u: [Double], _ v: [Double]) -> Double { zip(u, v).reduce(0) { $0 + $1.0 * $1.1 } }
        let (xy, xx, yy) = (dot(x, y), dot(x, x), dot(y, y))
        let norm = (xx * yy).squareRoot()
        distance = min(max(1 - xy / max(norm, 1e-16), 0), 2)
        guard norm > 1e-16 else {
            gradientA = x.map { _ in 0 }
            gradientB = gradientA
            return
        }
        gradientA = zip(x, y).map { (xy / xx * $0 - $1) / norm }
        gradientB = zip(x, y).map { (xy / yy * $1 - $0) / norm }
    }
}

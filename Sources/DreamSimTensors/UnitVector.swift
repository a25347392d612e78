/// A vector with its own mean subtracted, divided by its norm, as DreamSim normalizes embeddings.
package enum UnitVector {
    /// The gradient of x, given that of (x - mean) / ‖x - mean‖; zeros when x is constant, where there is none.
    package static func backward(_ dOutput: [Double], at x: some Collection<Float>) -> [Double] {
        let values = x.map(Double.init)
        precondition(values.count == dOutput.count, "gradient of \(dOutput.count) for \(values.count) components")
        let mean = values.reduce(0, +) / Double(values.count)
        let centered = values.map { $0 - mean }
        let norm = centered.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard norm > 0 else { return dOutput.map { _ in 0 } }
        let along = zip(dOutput, centered).reduce(0) { $0 + $1.0 * $1.1 } / (norm * norm)
        let across = zip(dOutput, centered).map { ($0 - $1 * along) / norm }
        let shift = across.reduce(0, +) / Double(across.count)
        return across.map { $0 - shift }
    }
}

import DreamSimSupport

/// Derivatives by central differences, in double precision, to hold backward passes against.
public enum FiniteDifferences {
    /// The derivative of f with respect to some of its arguments.
    /// - Parameters:
    ///   - indices: which arguments.
    ///   - step: the difference on either side.
    public static func gradient(
        of f: ([Double]) -> Double, at x: [Double], indices: [Int], step: Double = 1e-5
    ) -> [Double] {
        var x = x
        return indices.map { index in
            let value = x[index]
            x[index] = value + step
            let above = f(x)
            x[index] = value - step
            let below = f(x)
            x[index] = value
            return (above - below) / (2 * step)
        }
    }

    /// At most `count` indices below a limit, spread at random.
    public static func indices(below limit: Int, count: Int, seed: UInt64 = 7) -> [Int] {
        guard limit > count else { return Array(0..<limit) }
        var generator = SeededGenerator(state: seed)
        return (0..<count).map { _ in Int.random(in: 0..<limit, using: &generator) }
    }
}

public import DreamSimTensors

/// How far two arrays are apart, elementwise and as a whole.
public struct Difference: CustomStringConvertible, Sendable {
    /// The largest |actual - expected|.
    public var maxAbsolute: Double = 0
    /// The largest |actual - expected| / max(|expected|, 1e-6).
    public var maxRelative: Double = 0
    /// ‖actual - expected‖₂ / ‖expected‖₂.
    public var relativeL2: Double = 0
    /// The largest |actual - expected| / the largest |expected|.
    public var maxScaled: Double = 0
    /// The index of the largest absolute difference.
    public var worstIndex = 0
    /// The number of elements that differ at all.
    public var differing = 0

    /// The figures in one line.
    public var description: String {
        "max abs \(maxAbsolute) at \(worstIndex), of the largest \(maxScaled), max rel \(maxRelative), rel L2 \(relativeL2), \(differing) differ"
    }

    /// Compares two arrays of the same length; any NaN makes every figure infinite.
    public init(_ actual: [Float], _ expected: [Float]) {
        precondition(actual.count == expected.count, "\(actual.count) values against \(expected.count)")
        var squares = 0.0
        var reference = 0.0
        for i in actual.indices {
            let a = Double(actual[i])
            let e = Double(expected[i])
            if a == e { reference += e * e; continue }
            differing += 1
            guard a.isFinite, e.isFinite else {
                (maxAbsolute, maxRelative, maxScaled, relativeL2) = (.infinity, .infinity, .infinity, .infinity)
                worstIndex = i
                return
            }
            let d = abs(a - e)
            if d > maxAbsolute { (maxAbsolute, worstIndex) = (d, i) }
            maxRelative = max(maxRelative, d / max(abs(e), 1e-6))
            squares += d * d
            reference += e * e
        }
        let largest = expected.reduce(0) { max($0, abs(Double($1))) }
        maxScaled = largest > 0 ? maxAbsolute / largest : maxAbsolute
        relativeL2 = reference > 0 ? (squares / reference).squareRoot() : squares.squareRoot()
    }

    /// Compares two tensors of the same shape.
    public init(_ actual: Tensor, _ expected: Tensor) {
        precondition(actual.shape == expected.shape, "shape \(actual.shape) against \(expected.shape)")
        self.init(actual.values, expected.values)
    }
}

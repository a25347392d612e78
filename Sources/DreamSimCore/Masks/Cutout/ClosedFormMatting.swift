import DreamSimTensors

/// Closed-form matting (Levin, Lischinski and Weiss 2008): alpha where it is not known, such that in every window of 3 x 3
/// pixels it is as nearly a linear function of the colors as what is known allows. Solved by conjugate gradients with
/// Jacobi's preconditioner over the unknown places alone.
package struct ClosedFormMatting: Sendable {
    /// How much slopes are held back, in squared parts of the range of colors; the authors' and pymatting's is 1e-7.
    package var epsilon: Double
    /// How strongly alpha is drawn to what it is at the beginning; what is known is kept in any case.
    package var prior: Float
    /// The most steps.
    package var steps: Int
    /// The residual, as a part of the first one, at which no further step is taken.
    package var tolerance: Double

    package init(epsilon: Double = 1e-7, prior: Float, steps: Int, tolerance: Double) {
        (self.epsilon, self.prior, self.steps, self.tolerance) = (epsilon, prior, steps, tolerance)
    }

    /// Solves.
    /// - Parameters:
    ///   - alpha: what is known, and a guess elsewhere, 0...1.
    ///   - isKnown: where `alpha` is kept, row by row.
    ///   - image: as large as `alpha`, at least 3 pixels on each side.
    /// - Returns: alpha, 0...1.
    /// - Throws: `DreamSimError` with `.cancelled` when it is stopped.
    /// - Complexity: O(u * steps) for u unknown places, 140 bytes each.
    package func solved(_ alpha: ScalarField, isKnown: [Bool], image: Image) throws(DreamSimError) -> ScalarField {
        let places = isKnown.indices.lazy.filter { !isKnown[$0] }.map { Int32($0) }
        let unknown = Array(places)
        guard !unknown.isEmpty else { return alpha }
        let system = System(image, places: unknown, epsilon: epsilon, prior: prior)
        let guess = unknown.map { alpha.values[Int($0)] }
        // What is known moves to the right side.
        let known = system.applied(to: zip(alpha.values, isKnown).map { $1 ? $0 : 0 })
        let right = zip(known, guess).map { prior * $1 - $0 }
        let solution = try solved(system, right: right, guess: guess)
        var values = alpha.values
        for (place, value) in zip(unknown, solution) { values[Int(place)] = min(max(value, 0), 1) }
        return ScalarField(width: alpha.width, height: alpha.height, values: values)
    }

    private func solved(
        _ system: System, right: [Float], guess: [Float]
    ) throws(DreamSimError) -> [Float] {
        var x = guess
        var residual = zip(right, system.applied(toUnknown: x)).map { $0 - $1 }
        var scaled = zip(residual, system.inverseDiagonal).map { $0 * $1 }
        var direction = scaled
        var product = Self.dot(residual, scaled)
        let goal = product * tolerance * tolerance
        for _ in 0..<steps where product > goal {
            try CutoutStep.check()
            let image = system.applied(toUnknown: direction)
            let curvature = Self.dot(direction, image)
            guard curvature > 0 else { break }
            let step = Float(product / curvature)
            for i in x.indices {
                x[i] += step * direction[i]
                residual[i] -= step * image[i]
                scaled[i] = residual[i] * system.inverseDiagonal[i]
            }
            let next = Self.dot(residual, scaled)
            let share = Float(next / product)
            for i in direction.indices { direction[i] = scaled[i] + share * direction[i] }
            product = next
        }
        return x
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Double {
        var sum = 0.0
        for i in a.indices { sum += Double(a[i]) * Double(b[i]) }
        return sum
    }
}

/// The Laplacian over the unknown places, and the pull of the prior.
private final class System {
    private let width: Int
    private let places: [Int32]
    private let stencil: [Float]
    private let prior: Float
    let inverseDiagonal: [Float]
    /// The whole image, with two rows and more beyond both ends that no weight reaches.
    private var plane: [Float]
    private var margin: Int { 2 * width + 2 }

    init(_ image: Image, places: [Int32], epsilon: Double, prior: Float) {
        width = image.width
        self.places = places
        self.prior = prior
        stencil = MattingStencil(image, places: places, epsilon: epsilon).weights
        let stencil = stencil
        inverseDiagonal = places.indices.map { 1 / max(stencil[$0 * MattingStencil.size + 12] + prior, 1e-9) }
        plane = [Float](repeating: 0, count: image.width * image.height + 2 * (2 * image.width + 2))
    }

    /// The product with values at the unknown places, where all others are 0.
    func applied(toUnknown values: [Float]) -> [Float] {
        for (place, value) in zip(places, values) { plane[margin + Int(place)] = value }
        return product()
    }

    /// The product with values at all places.
    func applied(to values: [Float]) -> [Float] {
        plane.replaceSubrange(margin..<(margin + values.count), with: values)
        defer { plane.replaceSubrange(margin..<(margin + values.count), with: repeatElement(0, count: values.count)) }
        return product()
    }

    private func product() -> [Float] {
        [Float](unsafeUninitializedCapacity: places.count) { result, count in
            let target = UnsafeSendablePointer(result.baseAddress!)
            plane.withUnsafeBufferPointer { plane in
                stencil.withUnsafeBufferPointer { stencil in
                    let plane = UnsafeSendablePointer(UnsafeMutablePointer(mutating: plane.baseAddress!))
                    let stencil = UnsafeSendablePointer(UnsafeMutablePointer(mutating: stencil.baseAddress!))
                    let (places, prior, width) = (places, prior, width)
                    Parallel.forEachRange(places.count, multiple: 1024) { range in
                        for number in range {
                            let weights = stencil.pointer + number * MattingStencil.size
                            // The margin is two rows and two columns, as is the way to the first weight's place.
                            let first = plane.pointer + Int(places[number])
                            var sum = prior * first[2 * width + 2]
                            for row in 0..<5 {
                                let (w, p) = (weights + 5 * row, first + row * width)
                                sum += w[0] * p[0] + w[1] * p[1] + w[2] * p[2] + w[3] * p[3] + w[4] * p[4]
                            }
                            target.pointer[number] = sum
                        }
                    }
                }
            }
            count = places.count
        }
    }
}

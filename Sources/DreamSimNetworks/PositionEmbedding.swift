/// A learned position embedding: one vector for some of the tokens before the patches, mostly the class token alone, and one for
/// each patch of a square grid.
package struct PositionEmbedding: Sendable {
    /// C for each of the tokens before the patches that have one.
    package let prefix: [Float]
    /// [grid * grid, C], row by row.
    package let patches: Tensor
    package let grid: Int
    /// Added to the target grid before the scale is computed.
    package let offset: Float
    /// Whether the filter widens where the grid shrinks.
    package let isAntialiased: Bool

    /// - Parameter table: [prefix + grid * grid, C].
    package init(table: Tensor, grid: Int, offset: Float, isAntialiased: Bool) {
        let (width, values) = (table.shape[-1], table.values)
        let first = values.count - grid * grid * width
        precondition(first >= 0 && first % width == 0, "position embedding \(table.shape) for a grid of \(grid)")
        self.prefix = Array(values[..<first])
        self.patches = Tensor(values[first...], shape: [grid * grid, width])
        self.grid = grid
        self.offset = offset
        self.isAntialiased = isAntialiased
    }

    /// The rows of the table that it came as.
    var tableRows: Int { prefix.count / patches.shape[1] + grid * grid }

    /// The embedding of a grid of `rows` x `columns` patches, interpolated bicubically when that is not the trained one
    /// (a = -0.75, borders repeated; a = -0.5 and borders left out where it is antialiased).
    /// - Returns: [rows * columns, C].
    package func patches(rows: Int, columns: Int) -> Tensor {
        if rows == grid && columns == grid { return patches }
        let width = patches.shape[1]
        let vertical = taps(to: rows)
        let horizontal = taps(to: columns)
        return patches.withUnsafeBufferPointer { source in
            Tensor(uninitialized: [rows * columns, width]) { target in
                for y in 0..<rows {
                    for x in 0..<columns {
                        let base = (y * columns + x) * width
                        for c in 0..<width {
                            var value: Float = 0
                            for v in vertical[y] {
                                var row: Float = 0
                                for h in horizontal[x] {
                                    row += h.weight * source[(v.index * grid + h.index) * width + c]
                                }
                                value += v.weight * row
                            }
                            target[base + c] = value
                        }
                    }
                }
            }
        }
    }

    /// The gradient of the trained patches' embedding, given that of `patches(rows:columns:)`.
    /// - Parameter gradient: [rows * columns, C].
    /// - Returns: [grid * grid, C].
    package func patchesBackward(_ gradient: Tensor, rows: Int, columns: Int) -> Tensor {
        if rows == grid && columns == grid { return gradient }
        let width = patches.shape[1]
        let vertical = taps(to: rows)
        let horizontal = taps(to: columns)
        var result = Tensor(zeros: patches.shape)
        result.withUnsafeMutableBufferPointer { target in
            gradient.withUnsafeBufferPointer { source in
                for y in 0..<rows {
                    for x in 0..<columns {
                        let base = (y * columns + x) * width
                        for v in vertical[y] {
                            for h in horizontal[x] {
                                let (at, weight) = ((v.index * grid + h.index) * width, v.weight * h.weight)
                                for c in 0..<width { target[at + c] += weight * source[base + c] }
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    private struct Tap {
        var index: Int
        var weight: Float
    }

    /// For every target position the four source positions and their weights.
    ///
    /// The source coordinate uses the very scale (target + offset) / source, not the ratio of the sizes: the networks
    /// were trained with that small mistake.
    private func taps(to target: Int) -> [[Tap]] {
        if isAntialiased { return antialiasedTaps(to: target) }
        let source = grid
        let scale = (Double(target) + Double(offset)) / Double(source)
        let step = Float(1 / scale)
        return (0..<target).map { i in
            let position = step * (Float(i) + 0.5) - 0.5
            let first = position.rounded(.down)
            let t = position - first
            return zip(-1...2, Self.cubicWeights(t)).map { shift, weight in
                Tap(index: min(max(Int(first) + shift, 0), source - 1), weight: weight)
            }
        }
    }

    /// For every target position the source positions within two of the larger grid's steps, and their weights.
    private func antialiasedTaps(to target: Int) -> [[Tap]] {
        let step = Double(grid) / (Double(target) + Double(offset))
        let width = max(step, 1)
        return (0..<target).map { i in
            let center = step * (Double(i) + 0.5)
            let range = max(Int(center - 2 * width + 0.5), 0)..<min(Int(center + 2 * width + 0.5), grid)
            let weights = range.map { Self.cubic(abs(Double($0) - center + 0.5) / width) }
            let sum = weights.reduce(0, +)
            return zip(range, weights).map { Tap(index: $0, weight: Float($1 / sum)) }
        }
    }

    /// The cubic convolution kernel with a = -0.5.
    private static func cubic(_ x: Double) -> Double {
        x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }

    /// The weights of the cubic convolution kernel (Keys 1981) with a = -0.75 at distances t + 1, t, 1 - t and 2 - t.
    private static func cubicWeights(_ t: Float) -> [Float] {
        let a: Float = -0.75
        func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
        func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return [far(t + 1), near(t), near(1 - t), far(2 - t)]
    }
}

/// Sets elements to zero at random and scales up the others (Srivastava et al. 2014). Which ones depends only on
/// the seed, the stream and the place, so that a backward pass draws the same ones again and none need be kept.
package struct Dropout: Hashable, Sendable {
    /// The probability that an element becomes zero, at least 0 and below 1.
    package let probability: Float
    package let seed: UInt64

    package init(probability: Float, seed: UInt64) {
        precondition((0..<1).contains(probability), "dropout with probability \(probability)")
        self.probability = probability
        self.seed = seed
    }

    /// Multiplies every element with 0 or with 1 / (1 - probability).
    /// - Parameters:
    ///   - x: contiguous rows.
    ///   - stream: tells apart the layers of a network.
    ///   - firstRow: the index of the first row among those of the whole batch.
    package func apply(to x: MatrixView, stream: UInt64, firstRow: Int) {
        guard probability > 0 else { return }
        let threshold = UInt32((Double(probability) * 0x1p32).rounded())
        let scale = 1 / (1 - probability)
        let base = SeededGenerator.mixed(seed &+ SeededGenerator.mixed(stream))
        Parallel.forEachRange(x.rows, multiple: 16) { range in
            for r in range {
                var generator = SeededGenerator(state: SeededGenerator.mixed(base &+ UInt64(firstRow + r)))
                let row = x.base + r * x.stride
                var i = 0
                while i + 2 <= x.columns {
                    let bits = generator.next()
                    row[i] *= UInt32(truncatingIfNeeded: bits) < threshold ? 0 : scale
                    row[i + 1] *= UInt32(truncatingIfNeeded: bits >> 32) < threshold ? 0 : scale
                    i += 2
                }
                if i < x.columns { row[i] *= UInt32(truncatingIfNeeded: generator.next()) < threshold ? 0 : scale }
            }
        }
    }
}

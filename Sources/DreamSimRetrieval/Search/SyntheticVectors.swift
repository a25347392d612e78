package import Foundation

/// Vectors that no model made, for measuring.
package enum SyntheticVectors: String, Sendable, CaseIterable {
    /// Every component is random. All are about equally far apart, as embeddings of images never are.
    case even
    /// Like embeddings of a collection: subjects of very different size (a thousand, by Zipf's law) as normal clouds in a
    /// space of 48 dimensions whose extents fall like 1/√i, laid into the width by a linear map, with some noise in
    /// every component; one in ten is nearly a copy of another.
    case subjects
}

extension SearchBenchmark {
    /// Makes an index of synthetic unit vectors in a folder, or takes the one that is there.
    /// - Throws: `DreamSimError`.
    package static func make(
        _ url: URL, vectors: Int, width: Int, precision: VectorPrecision, kind: SyntheticVectors = .even
    ) throws {
        let stamp = ModelStamp(
            model: kind == .even ? "synthetic" : "synthetic-\(kind.rawValue)", weights: "none",
            preprocessing: .standard,
            isNormalized: true)
        let writer = try IndexWriter(
            url, settings: IndexSettings(stamp: stamp, source: "none", width: width, precision: precision))
        let subjects = kind == .subjects ? Subjects(width: width) : nil
        while writer.rows < vectors {
            let first = writer.rows
            let rows = first..<min(first + 4096, vectors)
            let made = subjects?.vectors(rows) ?? even(rows, width)
            let contents = rows.map { row in
                NewContent(
                    image: ImageContent(
                        bytes: Data("\(row)".utf8), pixels: Data("\(row)".utf8), size: 0, width: 1, height: 1,
                        format: .png),
                    vector: made[row - first])
            }
            try writer.commit(
                contents,
                contents.indices.map { index in
                    FileChange(
                        path: ImagePath("/synthetic/\(first + index).png"),
                        status: FileStatus(size: 0, modified: 0, changed: 0), state: .new(index: index))
                })
        }
    }

    private static func even(_ rows: Range<Int>, _ width: Int) -> [[Float]] {
        rows.map { row in
            var generator = SeededGenerator(state: UInt64(row) << 32)
            return (0..<width).map { _ in Float(generator.unit() - 0.5) }
        }
    }

    /// The generator of `SyntheticVectors.subjects`; a row's vector depends on its number only.
    private struct Subjects: Sendable {
        private static let dimensions = 48
        private static let count = 1000
        /// How far images of a subject lie from its middle, where subjects lie about 1 from each other's.
        private static let spread = 0.5
        /// The length of the noise over all components, beside a vector's own of about 1.
        private static let noise = 0.2
        private static let copyNoise = 0.03

        private let width: Int
        private let centers: [[Double]]
        private let shares: [Double]
        private let extents: [Double]
        /// [width, dimensions].
        private let map: Tensor

        init(width: Int) {
            self.width = width
            var generator = SeededGenerator(state: 48)
            let extents = (0..<Self.dimensions).map { 1 / Double($0 + 1).squareRoot() }
            let norm = extents.reduce(0) { $0 + $1 * $1 }.squareRoot()
            self.extents = extents.map { $0 / norm }
            centers = (0..<Self.count).map { _ in
                extents.map { $0 / norm * generator.normals().0 }
            }
            let weights = (0..<Self.count).map { 1 / Double($0 + 1) }
            let total = weights.reduce(0, +)
            var sum = 0.0
            shares = weights.map {
                sum += $0 / total
                return sum
            }
            let scale = 1 / Double(width).squareRoot()
            map = Tensor(
                (0..<(width * Self.dimensions)).map { _ in Float(scale * generator.normals().0) },
                shape: [width, Self.dimensions])
        }

        func vectors(_ rows: Range<Int>) -> [[Float]] {
            let points = rows.flatMap { point($0).map { Float($0) } }
            let laid = Tensor.product(
                Tensor(points, shape: [rows.count, Self.dimensions]), .none, map, .transposed)
            return laid.withUnsafeBufferPointer { laid in
                rows.map { row in
                    // Noise of equal likelihood has a deviation of 1/√12.
                    var own = SeededGenerator(state: UInt64(original(of: row)) << 20)
                    let scale = Float(Self.noise * (12 / Double(width)).squareRoot())
                    let start = (row - rows.lowerBound) * width
                    var vector = (0..<width).map { laid[start + $0] + scale * Float(own.unit() - 0.5) }
                    if original(of: row) != row {
                        var copy = SeededGenerator(state: UInt64(row) << 20 | 1)
                        let scale = Float(Self.copyNoise * (12 / Double(width)).squareRoot())
                        for i in vector.indices { vector[i] += scale * Float(copy.unit() - 0.5) }
                    }
                    return vector
                }
            }
        }

        /// The row that a row is nearly a copy of: one of the hundred before, for every tenth.
        private func original(of row: Int) -> Int {
            guard row % 10 == 9, row > 100 else { return row }
            var generator = SeededGenerator(state: UInt64(row))
            let other = row - 1 - Int(generator.next() % 100)
            return other % 10 == 9 ? other - 1 : other
        }

        private func point(_ row: Int) -> [Double] {
            var generator = SeededGenerator(state: UInt64(original(of: row)) << 1 | 1 << 50)
            let share = generator.unit()
            let subject = min(shares.partitioningIndex { $0 > share }, Self.count - 1)
            return zip(centers[subject], extents).map { $0 + Self.spread * $1 * generator.normals().0 }
        }
    }
}

extension [Double] {
    /// The first place at which a condition holds that holds from there on.
    fileprivate func partitioningIndex(_ holds: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

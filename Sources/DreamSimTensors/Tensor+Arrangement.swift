extension Tensor {
    /// A matrix with rows and columns swapped.
    package func transposed() -> Tensor {
        precondition(shape.rank == 2, "transpose of shape \(shape)")
        let (rows, columns) = (shape[0], shape[1])
        return withUnsafeBufferPointer { source in
            Tensor(uninitialized: [columns, rows]) { target in
                for c in 0..<columns {
                    for r in 0..<rows { target[c * rows + r] = source[r * columns + c] }
                }
            }
        }
    }

    /// Some of `count` equal parts along the first extent; nil where it does not divide into so many.
    package func parts(_ range: Range<Int>, of count: Int) -> Tensor? {
        guard shape.rank > 0, shape[0] > 0, shape[0] % count == 0 else { return nil }
        let (rows, size) = (shape[0] / count, self.count / count)
        return withUnsafeBufferPointer { source in
            Tensor(
                Array(source[(range.lowerBound * size)..<(range.upperBound * size)]),
                shape: Shape([rows * range.count] + shape.dimensions.dropFirst()))
        }
    }

    /// Tensors that differ at most in their first extent, one after another.
    package init(stacking parts: [Tensor]) {
        let tail = Array(parts[0].shape.dimensions.dropFirst())
        precondition(
            parts.allSatisfy { Array($0.shape.dimensions.dropFirst()) == tail },
            "cannot stack shapes \(parts.map(\.shape))")
        let shape = Shape([parts.reduce(0) { $0 + $1.shape[0] }] + tail)
        self.init(uninitialized: shape) { target in
            var next = 0
            for part in parts {
                part.withUnsafeBufferPointer { source in
                    _ = target[next...].update(from: source)
                    next += source.count
                }
            }
        }
    }
}

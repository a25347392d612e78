import Foundation

/// The Fourier transform of planes in real numbers: Hartley's form, which takes cos + sin for the complex exponential, on
/// either axis and scaled to be orthonormal, so that it is its own inverse and its own transpose (Bracewell 1983).
///
/// Coefficient (u, v) belongs to the frequencies ±u/H and ±v/W, as in the Fourier transform; the energy of the four
/// combinations of signs is the same in both. By matrix products, for planes of any size.
package struct HartleyTransform: Sendable {
    /// Of the planes.
    package let height: Int
    package let width: Int
    /// [H, H] and [W, W], symmetric.
    private let rows: Tensor
    private let columns: Tensor

    package init(height: Int, width: Int) {
        precondition(height > 0 && width > 0, "transform of \(height)x\(width)")
        (self.height, self.width) = (height, width)
        rows = Self.matrix(height)
        columns = Self.matrix(width)
    }

    private static func matrix(_ size: Int) -> Tensor {
        // One period in double precision, of which every entry is a place.
        let scale = 1 / Double(size).squareRoot()
        let wave = (0..<size).map { i -> Float in
            let angle = 2 * Double.pi * Double(i) / Double(size)
            return Float(scale * (cos(angle) + sin(angle)))
        }
        return Tensor(uninitialized: [size, size]) { matrix in
            for i in 0..<size {
                for j in 0..<size { matrix[i * size + j] = wave[i * j % size] }
            }
        }
    }

    /// Transforms every plane of [C, H, W]; twice is once there and back.
    package func transformed(_ planes: Tensor) -> Tensor {
        precondition(
            planes.shape.rank == 3 && planes.shape[1] == height && planes.shape[2] == width,
            "transform of \(height)x\(width) given \(planes.shape)")
        let (height, width) = (height, width)
        return planes.withUnsafeBufferPointer { source in
            rows.withUnsafeBufferPointer { rows in
                columns.withUnsafeBufferPointer { columns in
                    Tensor(uninitialized: planes.shape) { target in
                        let count = height * width
                        let left = MatrixView(reading: rows.baseAddress!, rows: height, columns: height)
                        let right = MatrixView(reading: columns.baseAddress!, rows: width, columns: width)
                        let from = MatrixView(reading: source.baseAddress!, rows: planes.shape[0], columns: count)
                        let to = MatrixView(target.baseAddress!, rows: planes.shape[0], columns: count)
                        Parallel.forEach(planes.shape[0]) { plane in
                            withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { scratch in
                                let half = MatrixView(scratch.baseAddress!, rows: height, columns: width)
                                let x = MatrixView(from.base + plane * count, rows: height, columns: width)
                                let y = MatrixView(to.base + plane * count, rows: height, columns: width)
                                multiply(left, .none, x, .none, into: half)
                                multiply(half, .none, right, .none, into: y)
                            }
                        }
                    }
                }
            }
        }
    }
}

import CDreamSimKernels
import DreamSimSupport
import DreamSimTensors
import TestSupport
import Testing

@Suite("Matrices of doubles")
struct DoubleMatrixTests {
    private static func drawn(_ rows: Int, _ columns: Int, seed: UInt64) -> DoubleMatrix {
        var generator = SeededGenerator(state: seed)
        return DoubleMatrix(
            rows: rows, columns: columns, values: (0..<(rows * columns)).map { _ in generator.normals().0 })
    }

    private static func largest(_ a: DoubleMatrix, _ b: DoubleMatrix) -> Double {
        zip(a.values, b.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test("Products are those of plain loops", arguments: [(1, 1, 1), (3, 5, 2), (70, 33, 41)])
    func products(rows: Int, inner: Int, columns: Int) {
        let (a, b) = (Self.drawn(rows, inner, seed: 1), Self.drawn(columns, inner, seed: 2))
        let found = DoubleMatrix.product(a, .none, b, .transposed)
        for row in 0..<rows {
            for column in 0..<columns {
                let expected = (0..<inner).reduce(0) { $0 + a.values[row * inner + $1] * b.values[column * inner + $1] }
                #expect(abs(found.values[row * columns + column] - expected) < 1e-12)
            }
        }
    }

    @Test("Eigenvectors and eigenvalues give the matrix back", arguments: [1, 2, 37])
    func eigen(width: Int) throws {
        let factor = Self.drawn(width + 3, width, seed: 3)
        let matrix = DoubleMatrix.product(factor, .transposed, factor, .none)
        let (values, vectors) = try matrix.symmetricEigen()
        #expect(values == values.sorted() && values[0] > 0)
        let back = DoubleMatrix.product(vectors, .transposed, vectors.scalingRows(values), .none)
        #expect(Self.largest(back, matrix) < 1e-11)
    }

    @Test("Singular vectors and values give the matrix back", arguments: [(1, 1), (4, 9), (30, 12)])
    func singular(rows: Int, columns: Int) throws {
        let matrix = Self.drawn(rows, columns, seed: 4)
        let (values, left, right) = try matrix.singularValues(vectors: true)
        #expect(values.count == min(rows, columns) && values == values.sorted(by: >))
        let back = DoubleMatrix.product(left, .none, right.scalingRows(values), .none)
        #expect(Self.largest(back, matrix) < 1e-12)
        let alone = try matrix.singularValues(vectors: false).values
        #expect(zip(alone, values).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test("A matrix that is NaN has no eigenvalues, and says so")
    func notFinite() {
        let matrix = DoubleMatrix(rows: 2, columns: 2, values: [.nan, 0, 0, 1])
        #expect(throws: DreamSimError.self) { try matrix.symmetricEigen() }
    }

    @Test("Places above limits are found in order, by every kind", arguments: VectorMathTests.kinds)
    func places(kind: String) throws {
        let kernels = try VectorMathTests.kernels(kind)
        for count in [0] + VectorMathTests.widths {
            let (x, limits) = (VectorMathTests.values(count, seed: 5), VectorMathTests.values(count, seed: 6))
            for offset: Float in [-.infinity, -1, 0, 0.7, .infinity] {
                var found = [UInt32](repeating: 9, count: count + 1)
                let number = kernels.places_above(x, limits, offset, count, &found)
                let expected = x.indices.filter { x[$0] > limits[$0] + offset }.map { UInt32($0) }
                #expect(Array(found[..<number]) == expected && found[count] == 9, "\(count), \(offset)")
            }
        }
    }

    @Test("A product that packs is that of plain loops", arguments: [(1, 3, 2), (37, 800, 21), (64, 1600, 48)])
    func packing(rows: Int, inner: Int, columns: Int) {
        let x = Tensor(VectorMathTests.values(rows * inner, seed: 7), shape: [rows, inner])
        let w = Tensor(VectorMathTests.values(columns * inner, seed: 8), shape: [columns, inner])
        let found = Tensor(uninitialized: [rows, columns]) { target in
            x.withUnsafeBufferPointer { x in
                w.withUnsafeBufferPointer { w in
                    multiplyPacking(
                        MatrixView(reading: x.baseAddress!, rows: rows, columns: inner),
                        MatrixView(reading: w.baseAddress!, rows: columns, columns: inner),
                        into: MatrixView(target.baseAddress!, rows: rows, columns: columns))
                }
            }
        }
        let (a, b) = (x.values, w.values)
        for row in 0..<rows {
            for column in 0..<columns {
                let expected = (0..<inner).reduce(0.0) {
                    $0 + Double(a[row * inner + $1]) * Double(b[column * inner + $1])
                }
                #expect(abs(Double(found.values[row * columns + column]) - expected) < 1e-3)
            }
        }
    }
}

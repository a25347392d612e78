import DreamSimNetworks
import DreamSimTensors
import TestSupport
import Testing

/// Position embeddings of another grid than the trained one.
@Suite("Positions of another grid")
struct PositionEmbeddingTests {
    /// y² + 3 x on a grid of 5 x 5, after a class token.
    private static func embedding(isAntialiased: Bool) -> PositionEmbedding {
        let patches = (0..<25).map { (place: Int) -> Float in
            let (y, x) = place.quotientAndRemainder(dividingBy: 5)
            return Float(y * y + 3 * x)
        }
        return PositionEmbedding(
            table: Tensor([9] + patches, shape: [26, 1]), grid: 5, offset: 0, isAntialiased: isAntialiased)
    }

    static let twoByThree: [Float] = [2.196674, 7.135135, 12.073597, 11.342449, 16.280911, 21.219372]
    static let fourBySeven: [Float] = [
        -0.141936, 1.512045, 3.889964, 6.032821, 8.175678, 10.553597, 12.207578, 1.727141, 3.381123, 5.759042,
        7.901899, 10.044756, 12.422674, 14.076656, 6.841066, 8.495047, 10.872966, 13.015823, 15.15868, 17.536598,
        19.19058, 14.764586, 16.418568, 18.796486, 20.939344, 23.082201, 25.460119, 27.114101,
    ]

    @Test(
        "Antialiased, they are those of PyTorch's bicubic interpolation with antialiasing",
        arguments: [(2, 3, twoByThree), (4, 7, fourBySeven)])
    func antialiased(rows: Int, columns: Int, expected: [Float]) {
        let found = Self.embedding(isAntialiased: true).patches(rows: rows, columns: columns)
        #expect(found.shape == [rows * columns, 1])
        for (value, wanted) in zip(found.values, expected) { #expect(abs(value - wanted) < 5e-6) }
    }

    @Test("The gradient is the transpose of the interpolation", arguments: [false, true])
    func gradient(isAntialiased: Bool) {
        let embedding = Self.embedding(isAntialiased: isAntialiased)
        for (rows, columns) in [(2, 3), (8, 4)] {
            let values = (0..<(rows * columns)).map { (place: Int) -> Float in Float(place * 7 % 5) - 2 }
            let gradient = Tensor(values, shape: [rows * columns, 1])
            let forward = embedding.patches(rows: rows, columns: columns)
            let backward = embedding.patchesBackward(gradient, rows: rows, columns: columns)
            let (a, b) = (RecordingTests.dot(forward, gradient), RecordingTests.dot(embedding.patches, backward))
            #expect(abs(a - b) < 1e-4 * (1 + abs(a)), "\(a), \(b)")
        }
    }
}

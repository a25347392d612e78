import DreamSimNetworks
import DreamSimTensors
import TestSupport
import Testing

/// Position embeddings of another grid than the trained one.
@Suite("Positions of another grid")
struct PositionEmbeddingTests {
    /// y² + 3 x on a grid of 5 x 5, after a class token.
    private static func embedding(isAntialiased: Bool) -> PositionEmbedding {
        let patches = (0..<25).map { Float(($0 / 5) * ($0 / 5) + 3 * ($0 % 5)) }
        return PositionEmbedding(
            table: Tensor([9] + patches, shape: [26, 1]), grid: 5, offset: 0, isAntialiased: isAntialiased)
    }

    @Test(
        "Antialiased, they are those of PyTorch's bicubic interpolation with antialiasing",
        arguments: [
            (2, 3, [2.196674, 7.135135, 12.073597, 11.342449, 16.280911, 21.219372] as [Float]),
            (
                4, 7,
                [
                    -0.141936, 1.512045, 3.889964, 6.032821, 8.175678, 10.553597, 12.207578, 1.727141, 3.381123,
                    5.759042, 7.901899, 10.044756, 12.422674, 14.076656, 6.841066, 8.495047, 10.872966, 13.015823,
                    15.15868, 17.536598, 19.19058, 14.764586, 16.418568, 18.796486, 20.939344, 23.082201, 25.460119,
                    27.114101,
                ]
            ),
        ])
    func antialiased(rows: Int, columns: Int, expected: [Float]) {
        let found = Self.embedding(isAntialiased: true).patches(rows: rows, columns: columns)
        #expect(found.shape == [rows * columns, 1])
        for (value, wanted) in zip(found.values, expected) { #expect(abs(value - wanted) < 5e-6) }
    }

    @Test("The gradient is the transpose of the interpolation", arguments: [false, true])
    func gradient(isAntialiased: Bool) {
        let embedding = Self.embedding(isAntialiased: isAntialiased)
        for (rows, columns) in [(2, 3), (8, 4)] {
            let gradient = Tensor((0..<(rows * columns)).map { Float(($0 * 7) % 5) - 2 }, shape: [rows * columns, 1])
            let forward = embedding.patches(rows: rows, columns: columns)
            let backward = embedding.patchesBackward(gradient, rows: rows, columns: columns)
            let sides = [
                zip(forward.values, gradient.values).map(*).reduce(0, +),
                zip(embedding.patches.values, backward.values).map(*).reduce(0, +),
            ]
            #expect(abs(sides[0] - sides[1]) < 1e-4 * (1 + abs(sides[0])), "\(sides)")
        }
    }
}

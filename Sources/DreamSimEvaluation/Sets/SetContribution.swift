/// What one image contributes to the scores of two sets.
public struct SetContribution: Sendable, Encodable {
    /// Which set an image is of.
    public enum Side: String, Sendable, Encodable {
        /// The real images.
        case real
        /// The generated images.
        case generated
    }

    /// Its set.
    public let set: Side
    /// Its row, from 0.
    public let row: Int
    /// Its file, where it is known.
    public let image: ImagePath?
    /// Whether it lies in the neighborhood of an image of the other set: for generated images that is precision, for real ones
    /// recall.
    public let isInside: Bool
    /// Of a real image: whether a generated one lies in its neighborhood, which is coverage.
    public let isCovered: Bool?
    /// Of a generated image: in how many real images' neighborhoods it lies; divided by k, density.
    public let neighborhoods: Int?
    /// The row of the nearest image of the other set.
    public let nearest: Int
    /// The file of that image, where it is known.
    public let nearestImage: ImagePath?
    /// The Euclidean distance of the embeddings of both.
    public let nearestDistance: Double
    /// How the Fréchet distance changes with the image's weight, to first order: positive for one that makes it larger.
    public let frechet: Double

    static func all(
        _ real: SetVectors, _ generated: SetVectors, _ manifolds: Manifolds, frechet: [[Double]?]
    ) -> [SetContribution]? {
        guard let nearest = manifolds.nearest, let first = frechet[0], let second = frechet[1] else { return nil }
        func image(_ set: SetVectors, _ row: Int) -> ImagePath? { set.images.isEmpty ? nil : set.images[row] }
        let ofReal = (0..<real.count).map { row in
            let (other, square) = nearest.generatedOfReal.first(row)
            return SetContribution(
                set: .real, row: row, image: image(real, row), isInside: manifolds.recalling[row].count > 0,
                isCovered: manifolds.covering[row].count > 0, neighborhoods: nil, nearest: other,
                nearestImage: image(generated, other), nearestDistance: square.squareRoot(), frechet: first[row])
        }
        let ofGenerated = (0..<generated.count).map { row in
            let (other, square) = nearest.realOfGenerated.first(row)
            return SetContribution(
                set: .generated, row: row, image: image(generated, row), isInside: manifolds.holding[row].count > 0,
                isCovered: nil, neighborhoods: Int(manifolds.holding[row].count), nearest: other,
                nearestImage: image(real, other),
                nearestDistance: square.squareRoot(), frechet: second[row])
        }
        return ofReal + ofGenerated
    }
}

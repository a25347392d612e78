/// What can be said of a set of generated images beside one of real ones.
public enum SetScore: String, Sendable, Hashable, CaseIterable, Codable {
    /// The Fréchet distance; lower is nearer.
    case frechet = "fd"
    /// The Fréchet distance as it would be of infinitely many generated images (Chong and Forsyth 2020).
    case frechetInfinity = "fd-infinity"
    /// The kernel distance; lower is nearer.
    case kernel = "kd"
    /// The share of generated images in the manifold of the real ones.
    case precision
    /// The share of real images in the manifold of the generated ones.
    case recall
    /// In how many real images' neighborhoods a generated one lies, divided by their number of neighbors.
    case density
    /// The share of real images that have a generated one in their neighborhood.
    case coverage
    /// The mean cosine distance of the generated images from each other.
    case diversity

    /// All but the one that takes many Fréchet distances.
    public static let standard: [SetScore] = allCases.filter { $0 != .frechetInfinity }

    /// Whether higher is better; nil where neither is, as of diversity.
    public var higherIsBetter: Bool? {
        switch self {
        case .frechet, .frechetInfinity, .kernel: false
        case .precision, .recall, .density, .coverage: true
        case .diversity: nil
        }
    }

    /// What it is, in a line.
    public var summary: String {
        switch self {
        case .frechet: "Fréchet distance of the embeddings' normal distributions"
        case .frechetInfinity: "Fréchet distance, extrapolated to infinitely many generated images"
        case .kernel: "kernel distance, unbiased; kernel (x·y / D + 1)³"
        case .precision: "share of generated images within the real ones' neighborhoods"
        case .recall: "share of real images within the generated ones' neighborhoods"
        case .density: "how many real neighborhoods hold a generated image, divided by k"
        case .coverage: "share of real images with a generated one in their neighborhood"
        case .diversity: "mean cosine distance of the generated images from each other"
        }
    }

    /// Whether it takes neighborhoods.
    var usesNeighbors: Bool { [.precision, .recall, .density, .coverage].contains(self) }

    /// Whether it can be had of mean and covariance alone.
    var needsStatisticsOnly: Bool { self == .frechet }
}

import Foundation

/// How two images belong together, from the closest on.
public enum PairKind: String, Sendable, Hashable, Codable, CodingKeyRepresentable, CaseIterable {
    /// The same image, compressed again or resized.
    case reencoded = "re-encoded"
    /// The same image, edited lightly: its colors, sharpness or frame.
    case edited
    /// Another image of the same scene.
    case scene = "same scene"
    /// Images that have nothing to do with each other.
    case unrelated

    /// What a value says that is taken for this kind, such as `as far as edited copies`.
    package var phrase: String {
        switch self {
        case .reencoded, .edited: "as far as \(rawValue) copies"
        case .scene: "as far as images of a scene"
        case .unrelated: "as far as unrelated images"
        }
    }
}

/// How a metric's values fall on pairs of each kind.
public struct PairKinds: Hashable, Sendable {
    /// What it was measured on.
    public let dataSet: String
    /// Which way the values go.
    package let direction: Direction
    /// The values by kind; kinds that the data do not have are left out.
    package let distributions: [PairKind: DistanceDistribution]
    /// The kinds that were measured, from the closest on, each with the value up to which a pair is taken for it; nil for the
    /// last, which has no end.
    package let ends: [(kind: PairKind, end: Double?)]

    /// Joins the values of pairs with what they were measured on.
    ///
    /// One kind ends and the next begins where as large a share of the closer lies beyond as of the farther lies within. Where
    /// kinds overlap so much that the ends would not be in order, the closer one ends where the farther one does.
    package init(dataSet: String, direction: Direction, distributions: [PairKind: DistanceDistribution]) {
        (self.dataSet, self.direction, self.distributions) = (dataSet, direction, distributions)
        let kinds = PairKind.allCases.compactMap { kind in distributions[kind].map { (kind, $0) } }
        var ends = zip(kinds, kinds.dropFirst()).map { Self.boundary($0.1, $1.1, direction) }
        for index in ends.indices.dropLast().reversed() where direction.isMoreAlike(ends[index + 1], than: ends[index])
        {
            ends[index] = ends[index + 1]
        }
        self.ends = kinds.enumerated().map { ($1.0, $0 < ends.count ? ends[$0] : nil) }
    }

    /// How many pairs were measured.
    package var count: Int { distributions.values.reduce(0) { $0 + $1.count } }

    /// Whether edited copies are nearer than any unrelated pair, but for a few; to perceptual hashes they may be as far.
    package var tellsCopies: Bool {
        guard let edited = distributions[.edited], let unrelated = distributions[.unrelated] else { return false }
        let (far, least) = direction == .lowerIsMoreAlike ? (0.95, 0.0) : (0.05, 1.0)
        return direction.isMoreAlike(edited.quantile(far), than: unrelated.quantile(least))
    }

    /// The kind that a value is taken for; nil for NaN, and where nothing was measured.
    public func kind(of value: Double) -> PairKind? {
        guard !value.isNaN else { return nil }
        return ends.first { $0.end.map { !direction.isMoreAlike($0, than: value) } ?? true }?.kind
    }

    /// Where as large a share of one sort lies beyond as of the other lies within.
    private static func boundary(
        _ closer: DistanceDistribution, _ farther: DistanceDistribution, _ direction: Direction
    ) -> Double {
        let candidates = (closer.values + farther.values).sorted { direction.isMoreAlike($0, than: $1) }
        let found = candidates.first { value in
            let within = 1 - farther.shareLessAlike(than: value, direction: direction)
            return within >= closer.shareLessAlike(than: value, direction: direction)
        }
        return found ?? candidates[candidates.count - 1]
    }

    /// Whether both were measured alike: the ends follow from the rest.
    public static func == (a: PairKinds, b: PairKinds) -> Bool {
        a.dataSet == b.dataSet && a.direction == b.direction && a.distributions == b.distributions
    }

    /// Feeds what was measured to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(dataSet)
        hasher.combine(direction)
        hasher.combine(distributions)
    }
}

extension PairKinds: Codable {
    private enum CodingKeys: String, CodingKey { case dataSet, direction, distributions }

    /// Reads what was measured.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            dataSet: try container.decode(String.self, forKey: .dataSet),
            direction: try container.decode(Direction.self, forKey: .direction),
            distributions: try container.decode([PairKind: DistanceDistribution].self, forKey: .distributions))
    }

    /// Writes what was measured.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(dataSet, forKey: .dataSet)
        try container.encode(direction, forKey: .direction)
        try container.encode(distributions, forKey: .distributions)
    }
}

extension PairKinds: CustomStringConvertible {
    /// Such as `re-encoded up to 0.004, edited up to 0.03, same scene up to 0.06, beyond: unrelated (59 photographs)`.
    public var description: String {
        let parts = ends.map { kind, end in
            end.map { "\(kind.rawValue) up to \(String(format: "%.3g", $0))" } ?? "beyond: \(kind.rawValue)"
        }
        return "\(parts.joined(separator: ", ")) (\(dataSet))"
    }
}

extension MetricProfile {
    /// The kinds of pairs that come with the project, where this profile has others in their place.
    package var replacedKinds: PairKinds? {
        guard let kinds, let shipped = Self.shipped.first(where: { $0.identity == identity })?.kinds, shipped != kinds
        else { return nil }
        return shipped
    }

    /// What is said of that; nil where nothing is replaced.
    package var replacement: String? {
        guard let kinds, let replacedKinds else { return nil }
        return
            "the calibration by \(kinds.count) pairs (\(kinds.dataSet)) takes the place of the one that comes with the "
            + "project, by \(replacedKinds.count) pairs (\(replacedKinds.dataSet))"
    }

    /// How values fall on pairs of each kind, where they say of a pair which kind it is of.
    package var tellingKinds: PairKinds? { kinds.flatMap { $0.tellsCopies ? $0 : nil } }
}

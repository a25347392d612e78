public import DreamSim

/// Images that an index holds more than once.
public struct DuplicateReport: Sendable, Encodable {
    /// Images that belong together.
    public struct Group: Sendable, Encodable {
        /// The loosest tier among its pairs.
        public let tier: DuplicateTier
        /// The largest distance among its pairs.
        public let diameter: Double
        /// The copy that is kept: the first of `files`.
        public var keep: ImagePath { files[0].image }
        /// The best copy first, then the others by their distance from it.
        public let files: [File]
        /// The distance of every pair, `files` being numbered from 0; only for groups of up to 64 files.
        package let pairs: [Pair]?
    }

    /// A file of a group.
    public struct File: Sendable, Encodable {
        /// Its number in the index.
        public let id: Int64
        /// Where it is.
        public let image: ImagePath
        /// How it belongs to the copy that is kept.
        public let tier: DuplicateTier
        /// Its distance from the copy that is kept; lower is more alike.
        package let distance: Double
        /// The number of columns.
        public let width: Int
        /// The number of rows.
        public let height: Int
        /// The size in bytes.
        public let bytes: Int64
        /// The format.
        public let format: String
    }

    /// Two files of a group.
    package struct Pair: Sendable, Encodable {
        /// The place of one in `files`.
        package let a: Int
        /// The place of the other.
        package let b: Int
        /// Their distance.
        package let distance: Double
    }

    /// Which way the numbers go.
    public let direction = Direction.lowerIsMoreAlike
    /// What made the numbers.
    public let model: ModelStamp
    /// The loosest tier that was looked for.
    public let tier: DuplicateTier
    /// Up to which distance two images belong to a tier.
    package let thresholds: DuplicateThresholds
    /// By which rules the copy that is kept was chosen.
    public let rules: [String]
    /// How pairs were found: by the nearest-neighbor graph some may be missing.
    public let method: SearchMethod
    /// How many images were compared.
    public let images: Int
    /// The groups, in the order of the paths of what they keep.
    public let groups: [Group]
    /// How many files could go.
    public var duplicates: Int { groups.reduce(0) { $0 + $1.files.count - 1 } }
    /// How many bytes they take.
    public var bytes: Int64 { groups.reduce(0) { $0 + $1.files.dropFirst().reduce(0) { $0 + $1.bytes } } }

    private enum CodingKeys: String, CodingKey {
        case direction, model, tier, thresholds, rules, method, images, groups, duplicates, bytes
    }

    /// Writes the report with its sums.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(direction, forKey: .direction)
        try container.encode(model, forKey: .model)
        try container.encode(tier, forKey: .tier)
        try container.encode(thresholds, forKey: .thresholds)
        try container.encode(rules, forKey: .rules)
        try container.encode(method, forKey: .method)
        try container.encode(images, forKey: .images)
        try container.encode(groups, forKey: .groups)
        try container.encode(duplicates, forKey: .duplicates)
        try container.encode(bytes, forKey: .bytes)
    }
}

/// Images that an index holds more than once.
public struct DuplicateReport: DistanceReport, Sendable, Encodable {
    /// Images that belong together.
    public struct Group: Sendable, Encodable {
        /// The loosest tier among its files.
        public let tier: DuplicateTier
        /// The largest distance among its pairs.
        public let diameter: Double
        /// The copy that is kept: the first of `files`.
        public var keep: ImagePath { files[0].image }
        /// The best copy first, then the others by their distance from it.
        public let files: [File]
        /// The distance of every pair, `files` being numbered from 0; only for groups of up to 64 files.
        package let pairs: [Pair]?

        /// The files that could go: all but the kept one and links.
        package var superfluous: [File] { files.dropFirst().filter { !$0.isLink } }
    }

    /// A file of a group.
    public struct File: DistanceEntry, Sendable, Encodable {
        /// Its number in the index.
        public let id: Int64
        /// Where it is.
        public let image: ImagePath
        /// How it belongs to the copy that is kept.
        public let tier: DuplicateTier
        /// What shows that; nil for the copy that is kept.
        public let evidence: DuplicateEvidence?
        /// How its perceptual hash agrees with that of the copy that is kept; nil where it does not.
        package let hash: HashMatch?
        /// Whether it is a link, hard or symbolic, to a file of the group or elsewhere: no copy, and not to be moved.
        public let isLink: Bool
        /// Its distance from the copy that is kept, under the metric's name; lower is more alike.
        public let values: [String: Double]
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

    /// What made the distances: one metric.
    public let metrics: [MetricColumn]
    /// The loosest tier that was looked for.
    public let tier: DuplicateTier
    /// Up to where two images belong to a tier.
    package let thresholds: DuplicateThresholds
    /// By which rules the copy that is kept was chosen.
    public let rules: [String]
    /// How pairs were found: by the nearest-neighbor graph some may be missing.
    public let method: SearchMethod
    /// How many images were compared.
    public let images: Int
    /// The groups, in the order of the paths of what they keep.
    public let groups: [Group]
    /// How many files could go: all but the kept ones and links.
    public let duplicates: Int
    /// How many bytes they take.
    public let bytes: Int64
    /// How many images have no perceptual hash in the index, so that their copies are found by the model alone: those of an
    /// index that was made by an older version, until it is updated, and imported embeddings.
    public let withoutFingerprint: Int
    /// How many more files have the hash of another, of which it is not certain that they were not edited; 0 where the tier `near`
    /// was looked for, which they are of.
    public let uncertain: Int

    init(
        metric: MetricColumn, _ options: DuplicateOptions, method: SearchMethod, images: Int, withoutFingerprint: Int,
        uncertain: Int, groups: [Group]
    ) {
        (metrics, tier, thresholds, rules) = ([metric], options.tier, options.thresholds, options.rules)
        (self.method, self.images, self.withoutFingerprint, self.groups) = (method, images, withoutFingerprint, groups)
        self.uncertain = uncertain
        let superfluous = groups.flatMap(\.superfluous)
        (duplicates, bytes) = (superfluous.count, superfluous.reduce(0) { $0 + $1.bytes })
    }
}

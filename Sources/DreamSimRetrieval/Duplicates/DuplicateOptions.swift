/// What counts as a duplicate, and which copy is kept.
package struct DuplicateOptions: Sendable {
    /// The loosest tier that is looked for; closer ones are found with it.
    package var tier: DuplicateTier
    /// Up to where two images belong to a tier.
    package var thresholds: DuplicateThresholds
    /// Only files in these folders are compared; all of the index when empty.
    package var folders: [ImagePath] = []
    /// When not empty: which files are duplicates of one in these folders. Those in these folders are kept, and not
    /// compared with each other.
    package var against: [ImagePath] = []
    /// A copy in one of these folders is kept rather than others; earlier folders come first.
    package var preferred: [ImagePath] = []
    /// By which rules the copy that is kept is chosen, after the preferred folders; the standard ones decide where these do
    /// not.
    package var keep: [KeepRule] = []
    /// Whether pairs are looked for by the nearest-neighbor graph, which may miss some, or by comparing all with all. When
    /// nil, by the graph beyond 200,000 images where there is one.
    package var isApproximate: Bool?

    /// Looks for a tier in the whole index.
    package init(tier: DuplicateTier, thresholds: DuplicateThresholds) {
        self.tier = tier
        self.thresholds = thresholds
    }

    /// By which rules the copy that is kept is chosen, in their order.
    var rules: [String] {
        (against.isEmpty ? [] : ["in \(against.map { "\($0)" }.joined(separator: ", ")), the least distance"])
            + (preferred.isEmpty ? [] : ["in \(preferred.map { "\($0)" }.joined(separator: ", then "))"])
            + KeepRule.completed(keep).map(\.text) + ["alphabetically"]
    }

    /// Whether one copy is better than another, by the rules.
    func isBetter(_ a: IndexedFile, _ b: IndexedFile) -> Bool {
        func place(_ file: IndexedFile) -> Int {
            preferred.firstIndex { file.path.isInside($0.absolute()) } ?? preferred.count
        }
        if place(a) != place(b) { return place(a) < place(b) }
        for rule in KeepRule.completed(keep) {
            if let better = rule.prefers(a, to: b) { return better }
        }
        return a.path.bytes.lexicographicallyPrecedes(b.path.bytes)
    }
}

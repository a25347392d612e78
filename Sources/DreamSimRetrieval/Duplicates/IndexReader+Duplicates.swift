import Foundation

extension IndexReader {
    /// Finds images that are there more than once.
    ///
    /// Re-encoded copies, turned and mirrored ones and light edits are found by perceptual hashes, without the model; what
    /// else is near by the model's distance, where it is calibrated. See `KeptGroups` for how groups come about. With
    /// `against`, every file is near the one it is a duplicate of.
    /// - Parameter progress: called with the number of images that were compared with all others.
    /// - Throws: `DreamSimError`: `.badRequest` when so many pairs are within the threshold that it says nothing, or the tier
    ///   is `scene` and the model is not calibrated; what `neighbors()` throws where the graph is used, and `.missing` when it
    ///   was asked for and is not there.
    package func duplicates(
        _ options: DuplicateOptions, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> DuplicateReport {
        let families = try DuplicateFamilies(self, options)
        var pairs: [RowPair] = []
        var (method, missing) = (SearchMethod.exact, 0)
        var looks: [Int32: Fingerprint] = [:]
        if options.tier >= .reencoded {
            let fingerprints = try fingerprints(of: families.rows)
            missing = families.rows.count - fingerprints.count
            looks = Dictionary(uniqueKeysWithValues: fingerprints.map { ($0.row, $0.fingerprint) })
            pairs = try hashPairs(of: fingerprints, options.thresholds)
                .filter { families.sides?.areApart(Int($0.first), Int($0.second)) ?? true }
        }
        if options.tier == .scene && options.thresholds.scene == nil {
            throw DreamSimError(
                .badRequest, "tier scene",
                "\(MetricColumn(settings.stamp).name) does not tell it: it is not calibrated, or to it edited copies are as far as "
                    + "unrelated images; choose a distance, or index the images with a model that is calibrated, such as lite"
            )
        }
        if let limit = options.thresholds.limit(options.tier) {
            let search = PairSearch(vectors: vectors, rows: families.rows, sides: families.sides, limit: limit)
            let byGraph =
                try options.isApproximate
                ?? (families.rows.count > NearestTable.exactLimit && NeighborGraph(self) != nil)
            if byGraph { method = .approximate() }
            let known = Set(pairs.map { [$0.first, $0.second] })
            pairs +=
                try (byGraph ? search.pairs(byGraphOf: self, progress: progress) : search.pairs(progress: progress))
                .filter { pair in
                    guard !known.contains([pair.first, pair.second]) else { return false }
                    guard let a = looks[pair.first], let b = looks[pair.second] else { return true }
                    return Fingerprint.canBeCopies(a, b)
                }
        }
        let near = pairs.filter { pair in options.thresholds.tier(pair).map { $0 <= options.tier } ?? false }
        func groups(_ pairs: [RowPair]) -> [DuplicateReport.Group] {
            options.against.isEmpty ? families.groups(pairs) : families.groupsAgainst(pairs)
        }
        func superfluous(_ groups: [DuplicateReport.Group]) -> Int { groups.reduce(0) { $0 + $1.superfluous.count } }
        let found = groups(near)
        let uncertain = near.count == pairs.count ? 0 : max(0, superfluous(groups(pairs)) - superfluous(found))
        try vectors.checkIsWhole()
        return DuplicateReport(
            metric: MetricColumn(settings.stamp), options, method: method, images: families.count,
            withoutFingerprint: missing, uncertain: uncertain,
            groups: found.sorted { $0.keep.bytes.lexicographicallyPrecedes($1.keep.bytes) })
    }
}

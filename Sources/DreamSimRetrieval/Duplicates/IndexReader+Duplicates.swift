import Foundation

extension IndexReader {
    /// Finds images that are there more than once.
    ///
    /// Within a group every pair is within the tier's threshold; nothing chains. With `against`, every file is within the
    /// threshold of the one it is a duplicate of.
    /// - Parameter progress: called with the number of images that were compared with all others.
    /// - Throws: `DreamSimError`: `.badRequest` when so many pairs are within the threshold that it says nothing; what
    ///   `neighbors()` throws where the graph is used, and `.missing` when it was asked for and is not there.
    package func duplicates(
        _ options: DuplicateOptions, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> DuplicateReport {
        let families = try Families(self, options)
        var pairs: [RowPair] = []
        var method = SearchMethod.exact
        if options.tier >= .reencoded {
            let search = PairSearch(
                vectors: vectors, rows: families.rows, sides: families.sides,
                limit: options.thresholds.limit(options.tier))
            let byGraph =
                try options.isApproximate
                ?? (families.rows.count > NearestTable.exactLimit && NeighborGraph(self) != nil)
            if byGraph { method = .approximate() }
            pairs = try (byGraph ? search.pairs(byGraphOf: self, progress: progress) : search.pairs(progress: progress))
                .filter { families.tier($0, options) != nil }
        }
        let groups =
            options.against.isEmpty ? families.groups(pairs, options) : families.groupsAgainst(pairs, options)
        return DuplicateReport(
            metric: MetricColumn(settings.stamp), tier: options.tier, thresholds: options.thresholds,
            rules: options.rules,
            method: method, images: families.count,
            groups: groups.sorted { $0.keep.bytes.lexicographicallyPrecedes($1.keep.bytes) })
    }
}

/// The files that are compared, by what they hold: one row stands for all files with the same bytes, or with the same
/// pixels where these count as well.
private struct Families {
    /// The rows that stand for others, ascending.
    let rows: [Int32]
    /// On which sides they lie, when two folders are compared.
    let sides: RowSides?
    let count: Int
    private let files: [Int32: [IndexedFile]]
    private let against: [ImagePath]
    /// The name of what measures distances.
    private let metric: String

    init(_ reader: IndexReader, _ options: DuplicateOptions) throws {
        let folders = options.folders.map { $0.absolute() }
        let against = options.against.map { $0.absolute() }
        (self.against, metric) = (against, reader.settings.stamp.model)
        var files: [Int32: [IndexedFile]] = [:]
        var standIns: [Data: Int32] = [:]
        var count = 0
        var sides: RowSides?
        if !against.isEmpty {
            let none = RowMask(rows: reader.vectors.rows, all: false)
            sides = RowSides(left: none, right: none)
        }
        var all: [IndexedFile] = []
        try reader.forEachFile { file in
            let isWanted = folders.isEmpty || (folders + against).contains { file.path.isInside($0) }
            if let content = file.content, content.row < reader.vectors.rows, isWanted { all.append(file) }
        }
        // The lowest row stands for its pixels, whichever file came first.
        for file in all.sorted(by: { ($0.content?.row ?? 0, $0.id) < ($1.content?.row ?? 0, $1.id) }) {
            guard let content = file.content else { continue }
            var row = Int32(truncatingIfNeeded: content.row)
            if options.tier >= .identicalPixels {
                row = standIns[content.pixels] ?? row
                standIns[content.pixels] = row
            }
            files[row, default: []].append(file)
            count += 1
            if against.contains(where: { file.path.isInside($0) }) {
                sides?.left[Int(row)] = true
            } else {
                sides?.right[Int(row)] = true
            }
        }
        (self.files, self.count, self.sides) = (files, count, sides)
        rows = files.keys.sorted()
    }

    /// The tier of two families; nil when they are not close enough.
    func tier(_ pair: RowPair, _ options: DuplicateOptions) -> DuplicateTier? {
        guard let a = files[pair.first]?.first?.content, let b = files[pair.second]?.first?.content,
            let tier = options.thresholds.tier(pair.distance, a, b), tier <= options.tier
        else { return nil }
        return tier
    }

    /// Groups in which every pair is close enough.
    func groups(_ pairs: [RowPair], _ options: DuplicateOptions) -> [DuplicateReport.Group] {
        let near = Neighbors(pairs)
        let joined = CompleteGroups(pairs).groups
        let alone = Set(rows).subtracting(joined.joined())
        return (joined + alone.sorted().map { [$0] }).compactMap { rows in
            let members = rows.flatMap { row in (files[row] ?? []).map { (row: row, file: $0) } }
            guard members.count > 1 else { return nil }
            return group(members.sorted { options.isBetter($0.file, $1.file) }, options) { near.distance($0, $1) ?? 0 }
        }
    }

    /// For each file that is kept, the others that it is the nearest to.
    func groupsAgainst(_ pairs: [RowPair], _ options: DuplicateOptions) -> [DuplicateReport.Group] {
        func isKept(_ file: IndexedFile) -> Bool { against.contains { file.path.isInside($0) } }
        let near = Neighbors(pairs)
        var nearest: [Int32: Int32] = [:]
        for row in rows where sides?.left[Int(row)] == true { nearest[row] = row }
        // Pairs come from the most alike on, so that the first is the nearest.
        for pair in pairs {
            for (other, kept) in [(pair.second, pair.first), (pair.first, pair.second)]
            where nearest[other] == nil && sides?.left[Int(kept)] == true {
                nearest[other] = kept
            }
        }
        var duplicates: [Int32: [(row: Int32, file: IndexedFile)]] = [:]
        for row in rows {
            guard let kept = nearest[row] else { continue }
            duplicates[kept, default: []] += (files[row] ?? []).filter { !isKept($0) }.map { (row, $0) }
        }
        return duplicates.compactMap { kept, members in
            guard !members.isEmpty,
                let best = files[kept]?.filter(isKept).min(by: { options.isBetter($0, $1) })
            else { return nil }
            return group([(row: kept, file: best)] + members, options, isComplete: false) { near.distance($0, $1) ?? 0 }
        }
    }

    /// A group whose first member is kept.
    private func group(
        _ members: [(row: Int32, file: IndexedFile)], _ options: DuplicateOptions, isComplete: Bool = true,
        distance: (Int32, Int32) -> Double
    ) -> DuplicateReport.Group {
        func apart(_ a: (row: Int32, file: IndexedFile), _ b: (row: Int32, file: IndexedFile)) -> Double {
            a.row == b.row ? 0 : distance(a.row, b.row)
        }
        func tier(_ a: (row: Int32, file: IndexedFile), _ b: (row: Int32, file: IndexedFile)) -> DuplicateTier {
            guard let x = a.file.content, let y = b.file.content else { return .scene }
            if x.row == y.row { return .identicalBytes }
            if x.pixels == y.pixels { return .identicalPixels }
            return options.thresholds.tier(apart(a, b), x, y) ?? options.tier
        }
        let kept = members[0]
        let ordered =
            [kept]
            + members.dropFirst().sorted { a, b in
                let (x, y) = ((apart(kept, a), tier(kept, a)), (apart(kept, b), tier(kept, b)))
                return x != y ? x < y : a.file.path.bytes.lexicographicallyPrecedes(b.file.path.bytes)
            }
        var pairs: [DuplicateReport.Pair] = []
        var (loosest, diameter) = (DuplicateTier.identicalBytes, 0.0)
        for a in ordered.indices where isComplete || a == 0 {
            for b in (a + 1)..<max(a + 1, ordered.count) {
                let distance = apart(ordered[a], ordered[b])
                loosest = max(loosest, tier(ordered[a], ordered[b]))
                diameter = max(diameter, distance)
                if ordered.count <= 64 { pairs.append(DuplicateReport.Pair(a: a, b: b, distance: distance)) }
            }
        }
        return DuplicateReport.Group(
            tier: loosest, diameter: diameter,
            files: ordered.map { member in
                DuplicateReport.File(
                    id: member.file.id, image: member.file.path, tier: tier(kept, member),
                    values: [metric: apart(kept, member)], width: member.file.content?.width ?? 0,
                    height: member.file.content?.height ?? 0, bytes: member.file.size,
                    format: member.file.content?.format ?? "")
            }, pairs: ordered.count <= 64 ? pairs : nil)
    }
}

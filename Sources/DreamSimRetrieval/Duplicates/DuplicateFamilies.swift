import Foundation

/// The files that are compared, by what they hold: one row stands for all files with the same bytes, or with the same
/// pixels where these count as well.
struct DuplicateFamilies {
    /// The rows that stand for others, ascending.
    let rows: [Int32]
    /// On which sides they lie, when two folders are compared.
    let sides: RowSides?
    let count: Int
    private let files: [Int32: [IndexedFile]]
    private let options: DuplicateOptions
    private let against: [ImagePath]
    private let vectors: MappedVectors
    /// The name of what measures distances.
    private let metric: String

    init(_ reader: IndexReader, _ options: DuplicateOptions) throws {
        let folders = options.folders.map { $0.absolute() }
        let against = options.against.map { $0.absolute() }
        (self.options, self.against, vectors) = (options, against, reader.vectors)
        metric = MetricColumn(reader.settings.stamp).name
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
        self.files = files.mapValues { $0.sorted(by: options.isBetter) }
        (self.count, self.sides) = (count, sides)
        rows = files.keys.sorted()
    }

    private typealias Member = (row: Int32, file: IndexedFile)

    /// Groups of a kept file and all that is near it.
    func groups(_ pairs: [RowPair]) -> [DuplicateReport.Group] {
        let near = Neighbors(pairs)
        let best = near.rows.sorted { a, b in
            guard let x = files[a]?.first, let y = files[b]?.first else { return a < b }
            return options.isBetter(x, y)
        }
        let joined = KeptGroups(of: best, near, joinsCopies: options.tier >= .near).groups
        let alone = Set(rows).subtracting(joined.joined())
        return (joined + alone.sorted().map { [$0] }).compactMap { rows in
            let members = rows.flatMap { row in (files[row] ?? []).map { (row: row, file: $0) } }
            return members.count > 1 ? group(members, near) : nil
        }
    }

    /// For each file that is kept, the others that it is the nearest to.
    func groupsAgainst(_ pairs: [RowPair]) -> [DuplicateReport.Group] {
        func isKept(_ file: IndexedFile) -> Bool { against.contains { file.path.isInside($0) } }
        let near = Neighbors(pairs)
        var nearest: [Int32: Int32] = [:]
        for row in rows where sides?.left[Int(row)] == true { nearest[row] = row }
        // From the closest tier on, then from the most alike: the first is the nearest.
        let thresholds = options.thresholds
        let ordered = pairs.map { (tier: thresholds.tier($0) ?? .scene, pair: $0) }
            .sorted { $0.tier != $1.tier ? $0.tier < $1.tier : RowPair.precedes($0.pair, $1.pair) }
        for (_, pair) in ordered {
            for (other, kept) in [(pair.second, pair.first), (pair.first, pair.second)]
            where nearest[other] == nil && sides?.left[Int(kept)] == true {
                nearest[other] = kept
            }
        }
        var duplicates: [Int32: [Member]] = [:]
        for row in rows {
            guard let kept = nearest[row] else { continue }
            duplicates[kept, default: []] += (files[row] ?? []).filter { !isKept($0) }.map { (row, $0) }
        }
        return duplicates.compactMap { kept, members in
            guard let best = files[kept]?.first(where: isKept) else { return nil }
            return group([(row: kept, file: best)] + members, near)
        }
    }

    /// A group whose first member is kept; nil when nothing of it could go, because the others are links.
    private func group(_ members: [Member], _ near: Neighbors) -> DuplicateReport.Group? {
        // A link is no copy: it takes no room, and what it leads to may lie elsewhere.
        let states = members.map { LinkState($0.file.path) }
        let first = against.isEmpty ? states.firstIndex { !$0.isSymbolic } ?? 0 : 0
        let kept = members[first]
        var seen: Set<FileIdentity> = Set([states[first].identity].compactMap(\.self))
        var others: [DuplicateReport.File] = []
        for (member, state) in zip(members, states) where member.file.id != kept.file.id {
            // A symbolic link says nothing of the file that it leads to, which may come after it.
            let isLink = state.isSymbolic || state.identity.map { !seen.insert($0).inserted } ?? false
            others.append(file(member, keeping: kept, near, isLink: isLink))
        }
        guard others.contains(where: { !$0.isLink }) else { return nil }
        others.sort { a, b in
            if a.tier != b.tier { return a.tier < b.tier }
            return a.distance != b.distance
                ? a.distance < b.distance : a.image.bytes.lexicographicallyPrecedes(b.image.bytes)
        }
        let all = [file(kept, keeping: nil, near, isLink: false)] + others
        let pairs = distances(all, members)
        return DuplicateReport.Group(
            tier: others.map(\.tier).max() ?? .identicalBytes,
            diameter: pairs.map(\.distance).max() ?? others.map(\.distance).max() ?? 0,
            files: all, pairs: pairs.isEmpty ? nil : pairs)
    }

    /// A file of a group, and how it belongs to the one that is kept.
    private func file(_ member: Member, keeping kept: Member?, _ near: Neighbors, isLink: Bool) -> DuplicateReport.File
    {
        let content = member.file.content
        var tier = DuplicateTier.identicalBytes
        var evidence: DuplicateEvidence?
        var pair: RowPair?
        if let kept {
            pair = near[kept.row, member.row]
            if content?.row == kept.file.content?.row {
                evidence = .bytes
            } else if content?.pixels == kept.file.content?.pixels {
                (tier, evidence) = (.identicalPixels, .pixels)
            } else {
                // What is near a copy and not the kept file itself came by a hash.
                tier = pair.flatMap(options.thresholds.tier) ?? .near
                evidence = pair.map { $0.match == nil ? .model : .hash } ?? .hash
            }
        }
        return DuplicateReport.File(
            id: member.file.id, image: member.file.path, tier: tier, evidence: evidence, hash: pair?.match,
            isLink: isLink, values: [metric: distance(member, kept ?? member)], width: content?.width ?? 0,
            height: content?.height ?? 0, bytes: member.file.size, format: content?.format ?? "")
    }

    /// The distance of every two files of a group of at most 64.
    private func distances(_ files: [DuplicateReport.File], _ members: [Member]) -> [DuplicateReport.Pair] {
        guard files.count <= 64 else { return [] }
        let known = Dictionary(members.map { ($0.file.id, $0) }, uniquingKeysWith: { $1 })
        let ordered = files.compactMap { known[$0.id] }
        return ordered.indices.flatMap { a in
            ordered.indices[(a + 1)...].map { b in
                DuplicateReport.Pair(a: a, b: b, distance: distance(ordered[a], ordered[b]))
            }
        }
    }

    private func distance(_ a: Member, _ b: Member) -> Double {
        a.row == b.row ? 0 : Embedding.cosineDistance(vectors.values(Int(a.row)), vectors.values(Int(b.row)))
    }
}

/// Whether a path is a link, and to which file it leads.
private struct LinkState {
    let identity: FileIdentity?
    let isSymbolic: Bool

    init(_ path: ImagePath) {
        identity = FileIdentity(path)
        isSymbolic = FileIdentity(path, followsLinks: false) != identity
    }
}

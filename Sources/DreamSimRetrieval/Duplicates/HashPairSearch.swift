import Synchronization

/// Two images whose hashes differ in few bits; `first < second`.
package struct HashPair: Sendable, Hashable {
    /// The place of an image among those that were searched.
    package let first: Int32
    /// The place of the other.
    package let second: Int32
    /// How many bits differ, 0...256.
    package let bits: Int
    /// What makes the first image look like the second.
    package let orientation: Orientation

    package init(first: Int32, second: Int32, bits: Int, orientation: Orientation) {
        (self.first, self.second, self.bits, self.orientation) = (first, second, bits, orientation)
    }
}

/// Finds all pairs of images whose hashes differ in few bits, in any of the eight orientations.
///
/// Multi-index hashing (Norouzi, Punjani and Fleet, 2014): hashes that differ in at most 31 bits have one among their 16
/// parts of 16 bits that differs in at most one bit. So hashes are sorted by each part, and compared only with those
/// that have nearly the same.
package struct HashPairSearch: Sendable {
    /// The hashes of each image in the eight orientations, those of an image together.
    private let hashes: [SIMD4<UInt64>]
    /// Those of the images as they are.
    private let upright: [SIMD4<UInt64>]
    private let limit: Int
    /// In how many bits the part that differs least can differ at most.
    private let fewest: Int

    private static let parts = 16

    /// Prepares the search.
    /// - Parameters:
    ///   - fingerprints: Those of the images.
    ///   - limit: In how many bits hashes may differ, 0...63; from 16, 32 and 48 on a search takes about ten times as
    ///     long as below.
    package init(_ fingerprints: [PDQFingerprint], within limit: Int) {
        precondition((0...63).contains(limit), "a limit of \(limit) bits")
        hashes = fingerprints.flatMap { $0.hashes.map(\.words) }
        upright = fingerprints.map(\.hash.words)
        self.limit = limit
        fewest = limit / Self.parts
    }

    /// The pairs, by the first and then the second image; of orientations that are equally near, the first counts.
    /// - Throws: `DreamSimError` with `.badRequest` when there are too many.
    package func pairs() throws -> [HashPair] {
        let matches = Mutex<[Match]>([])
        let count = Atomic(0)
        Parallel.forEach(Self.parts) { part in
            let found = self.matches(by: part, count: count)
            matches.withLock { $0 += found }
        }
        guard count.load(ordering: .relaxed) <= PairSearch.most else {
            throw DreamSimError(
                .badRequest, "limit of \(limit) bits",
                "more than \(PairSearch.most) pairs of images are within it; choose a smaller one")
        }
        var last: Match?
        return matches.withLock { $0.sorted(by: <) }.compactMap { match in
            defer { last = match }
            if let last, (last.first, last.second) == (match.first, match.second) { return nil }
            return HashPair(
                first: match.first, second: match.second, bits: Int(match.bits),
                orientation: Orientation.allCases[Int(match.orientation)])
        }
    }
}

extension HashPairSearch {
    /// A pair in one orientation.
    private struct Match: Comparable {
        let first: Int32
        let second: Int32
        let bits: Int16
        /// Its place among all orientations.
        let orientation: Int16

        static func < (a: Match, b: Match) -> Bool {
            (a.first, a.second, a.bits, a.orientation) < (b.first, b.second, b.bits, b.orientation)
        }
    }

    /// The matches whose first part that differs little is this one, so that no two parts find the same.
    /// - Parameter count: the number found so far by all; the search ends when there are too many.
    private func matches(by part: Int, count: borrowing Atomic<Int>) -> [Match] {
        var found: [Match] = []
        let (seekers, targets) = (Buckets(hashes, part), Buckets(upright, part))
        let changes = (0..<Buckets.count).filter { $0.nonzeroBitCount <= fewest }
        var near: [(image: Int32, hash: SIMD4<UInt64>)] = []
        for value in 0..<Buckets.count where !seekers[value].isEmpty {
            // Near in memory as well: every seeker of this value reads them.
            near.removeAll(keepingCapacity: true)
            for change in changes {
                for image in targets[value ^ change] { near.append((image, upright[Int(image)])) }
            }
            let before = found.count
            for seeker in seekers[value] {
                let (first, hash) = (seeker / 8, hashes[Int(seeker)])
                for (second, other) in near where second > first {
                    let difference = hash ^ other
                    let bits = Int(difference.nonzeroBitCount.wrappedSum())
                    guard bits <= limit, isFirst(part, difference) else { continue }
                    found.append(
                        Match(first: first, second: second, bits: Int16(bits), orientation: Int16(seeker % 8)))
                }
            }
            let all = count.add(found.count - before, ordering: .relaxed).newValue
            if all > PairSearch.most { return [] }
        }
        return found
    }

    /// Whether no part before this one differs as little as to be found by it.
    private func isFirst(_ part: Int, _ difference: SIMD4<UInt64>) -> Bool {
        (0..<part).allSatisfy { Buckets.value(of: difference, $0).nonzeroBitCount > fewest }
    }
}

/// The places of hashes by the value of one of their parts.
private struct Buckets {
    /// The number of values.
    static let count = 1 << 16
    /// For each value, where those that have it begin in `places`; one more at the end.
    private var starts = [Int32](repeating: 0, count: count + 1)
    private var places: [Int32]

    init(_ hashes: [SIMD4<UInt64>], _ part: Int) {
        places = [Int32](repeating: 0, count: hashes.count)
        for hash in hashes { starts[Self.value(of: hash, part) + 1] += 1 }
        for value in 0..<Self.count { starts[value + 1] += starts[value] }
        var next = starts
        for (place, hash) in hashes.enumerated() {
            let value = Self.value(of: hash, part)
            places[Int(next[value])] = Int32(place)
            next[value] += 1
        }
    }

    /// Those that have a value, ascending.
    subscript(value: Int) -> ArraySlice<Int32> { places[Int(starts[value])..<Int(starts[value + 1])] }

    /// 16 of the bits of a hash.
    static func value(of hash: SIMD4<UInt64>, _ part: Int) -> Int {
        Int(hash[part / 4] >> UInt64(part % 4 * 16) & 0xFFFF)
    }
}

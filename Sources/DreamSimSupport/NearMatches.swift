/// Finds the names that a mistyped or differently prefixed name may have meant.
package enum NearMatches {
    /// Up to three names near `name`, the nearest first.
    /// - Parameter limit: how many letters may differ.
    package static func of(_ name: String, among names: [String], within limit: Int = .max) -> [String] {
        let wanted = Array(name.utf8.prefix(200))
        // A cheap score picks candidates, so that the edit distance is computed for few of perhaps 100,000 names.
        let scored = names.map { candidate -> (score: Int, name: String) in
            let other = Array(candidate.utf8.prefix(200))
            return (commonPrefix(wanted, other) + commonPrefix(wanted.reversed(), other.reversed()), candidate)
        }
        let shortlist = scored.filter { $0.score > 1 }.sorted { $0.score > $1.score }.prefix(50)
        let ranked = shortlist.map { (distance: editDistance(wanted, Array($0.name.utf8.prefix(200))), name: $0.name) }
        return ranked.filter { $0.distance <= limit }.sorted { $0.distance < $1.distance }.prefix(3).map(\.name)
    }

    private static func commonPrefix(_ a: [UInt8], _ b: [UInt8]) -> Int {
        zip(a, b).prefix { $0 == $1 }.count
    }

    private static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var previous = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var current = [i + 1]
            current.reserveCapacity(b.count + 1)
            for (j, y) in b.enumerated() {
                current.append(min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
            }
            previous = current
        }
        return previous[b.count]
    }
}

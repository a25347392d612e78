/// Which files must be read for a series of pairs, in which order, when those used last are kept.
struct LoadPlan: Sendable {
    /// How many files are kept.
    static let kept = 48

    /// For each file to be read, twice the index of the pair that first needs it, plus 1 for its second file.
    let loads: [Int]

    /// - Parameter pair: the pair of an index; nil for a pair that is not known.
    init(count: Int, pair: (Int) -> ImagePair?) {
        var recent = RecentlyUsed<ImagePath, Void>(capacity: Self.kept)
        var loads: [Int] = []
        for index in 0..<count {
            guard let pair = pair(index) else { continue }
            for (side, path) in [pair.a, pair.b].enumerated() where recent.use(path) == nil {
                recent.insert(path, ())
                loads.append(2 * index + side)
            }
        }
        self.loads = loads
    }
}

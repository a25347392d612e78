extension JudgedItem {
    /// The number of the triplet of NIGHTS that this is, by the paths of all its images: `ref/061/480`, `distort/061/480_0` and
    /// `distort/061/480_1`, whatever the extensions. Nil for any other judgment.
    var nightsTriplet: Int? {
        guard judgment.task == .twoAlternatives, let number = Self.number(images[0], in: "ref", variants: [""]),
            images.dropFirst().allSatisfy({ Self.number($0, in: "distort", variants: ["_0", "_1"]) == number })
        else { return nil }
        return number
    }

    /// The number in a path such as `ref/061/480.png`.
    private static func number(_ path: ImagePath, in folder: String, variants: [String]) -> Int? {
        let parts = path.exact.split(separator: "/").suffix(3).map(String.init)
        guard parts.count == 3, parts[0] == folder, parts[1].count == 3, let dot = parts[2].lastIndex(of: ".") else {
            return nil
        }
        let name = parts[2][..<dot]
        guard name.count >= 3, variants.contains(String(name.dropFirst(3))), let high = UInt16(parts[1]),
            let low = UInt16(name.prefix(3))
        else { return nil }
        return Int(high) * 1000 + Int(low)
    }
}

extension SeenJudgments {
    /// Whether a judgment is one of these.
    func contains(_ item: JudgedItem) -> Bool {
        guard let triplet = item.nightsTriplet else { return false }
        return nightsTriplets.contains(triplet) || !nightsSplits.isDisjoint(with: item.labels)
    }
}

/// How often two metrics choose alike.
package struct ChoiceAgreement {
    /// The share of items on which both make the same choice; a tie is a choice of its own.
    package let same: Double?
    /// Cohen's kappa (1960): agreement beyond what their leanings alone would give; 1 is full agreement, 0 chance level. Nil when
    /// both always choose the same one, where it is not defined.
    package let kappa: Double?
    /// The number of items that both have judged.
    package let count: Int

    /// - Parameter choices: for each item what both choose; nil where one has no value. -1 stands for a tie.
    package init(_ first: [Int?], _ second: [Int?]) {
        let both = zip(first, second).compactMap { a, b in a.flatMap { a in b.map { (a, $0) } } }
        count = both.count
        guard count > 0 else {
            (same, kappa) = (nil, nil)
            return
        }
        let total = Double(count)
        let observed = Double(both.count { $0 == $1 }) / total
        let expected = Set(both.map(\.0)).reduce(0.0) { sum, choice in
            sum + Double(both.count { $0.0 == choice }) / total * Double(both.count { $0.1 == choice }) / total
        }
        same = observed
        kappa = expected < 1 ? (observed - expected) / (1 - expected) : nil
    }
}

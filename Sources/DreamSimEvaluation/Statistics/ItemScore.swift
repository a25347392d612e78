/// What a metric says of one judged item.
package struct ItemScore: Sendable, Hashable {
    /// The pair that the metric finds most alike, as its place in `JudgmentTask.pairs`; nil for a tie.
    package let choice: Int?
    /// Agreement with people, 0 to 1. For pairs that are the same or not there is none of a single item.
    package let score: Double?
    /// How far the most alike pair is from the next; infinite when only one of the values is.
    package let margin: Double

    /// Scores an item.
    ///
    /// - Two alternatives (2AFC): `(d0 < d1)(1 - p) + (d1 < d0)p + 0.5(d0 == d1)` with the share p of people for the right
    ///   one; '<' is 'more alike'.
    /// - Odd one out: 1 when no pair is more alike than the one without the odd image, else 0.
    package init(_ values: [Double], _ judgment: JudgedItem.Judgment, direction: Direction) {
        precondition(values.count == judgment.task.pairs.count, "\(values.count) values for \(judgment)")
        let best = (direction == .lowerIsMoreAlike ? values.min() : values.max()) ?? .nan
        let winners = values.indices.filter { values[$0] == best }
        choice = winners.count == 1 && values.count > 1 ? winners[0] : nil
        switch judgment {
        case .rightShare(let share): score = choice.map { $0 == 0 ? 1 - share : share } ?? 0.5
        case .thirdIsOdd: score = winners.contains(0) ? 1 : 0
        case .sameShare: score = nil
        }
        let rest = values.indices.filter { $0 != winners[0] }.map { values[$0] }
        let next = direction == .lowerIsMoreAlike ? rest.min() : rest.max()
        margin = next.map { $0 == best ? 0 : abs($0 - best) } ?? 0
    }
}

/// Judgments on which a metric's choice is about equally clear, and its agreement with people on them.
package struct ReliabilityBin: Sendable, Hashable, Encodable {
    /// The least difference of the two values among them.
    package let lowestMargin: Double
    /// The greatest difference.
    package let highestMargin: Double
    /// The mean score.
    package let score: Double
    /// Wilson's interval of the score at 95 %.
    package let interval: Interval
    /// The number of judgments.
    package let count: Int

    /// Divides judgments into bins of equal number by their margin; equal margins may fall into two bins.
    /// - Parameter judgments: margins and scores.
    package static func bins(_ judgments: [(margin: Double, score: Double)], number: Int) -> [ReliabilityBin] {
        let sorted = judgments.enumerated().sorted {
            ($0.element.margin, $0.offset) < ($1.element.margin, $1.offset)
        }.map(\.element)
        // Fewer than eight judgments a bin say nothing.
        let number = max(1, min(number, sorted.count / 8))
        guard !sorted.isEmpty else { return [] }
        return (0..<number).map { index in
            let members = sorted[(index * sorted.count / number)..<((index + 1) * sorted.count / number)]
            let score = members.reduce(0) { $0 + $1.score } / Double(members.count)
            return ReliabilityBin(
                lowestMargin: members.first?.margin ?? 0, highestMargin: members.last?.margin ?? 0, score: score,
                interval: ShareInterval.wilson(score, count: Double(members.count)), count: members.count)
        }
    }
}

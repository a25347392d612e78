import ArgumentParser
import DreamSimEvaluation

/// Scores of sets, by commas; `all` for every one.
struct ScoreList: ExpressibleByArgument {
    let scores: [SetScore]

    init(_ scores: [SetScore]) { self.scores = scores }

    init?(argument: String) {
        if argument == "all" {
            scores = SetScore.allCases
            return
        }
        var found: [SetScore] = []
        for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let score = SetScore(rawValue: String(name)) else { return nil }
            if !found.contains(score) { found.append(score) }
        }
        scores = found
    }

    static var allValueStrings: [String] { SetScore.allCases.map(\.rawValue) + ["all"] }

    var defaultValueDescription: String { scores.map(\.rawValue).joined(separator: ",") }
}

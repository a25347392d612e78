import ArgumentParser
import DreamSim
import DreamSimEvaluation
import Foundation

/// The voting room of `dreamsim serve`.
struct VotingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Let a person judge these triplets in the page: a CSV file with the columns ref, left and right, paths relative to its folder.",
            valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var triplets: ImagePath?

    @Option(
        help: ArgumentHelp(
            "The CSV file that takes the judgments, which 'dreamsim train' reads (default: NAME.votes.csv beside the triplets).",
            valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var votes: ImagePath?

    @Option(
        help: ArgumentHelp(
            "The share of triplets that is asked for twice, with the sides swapped, to see how steady the judgments are.",
            valueName: "share"))
    var repeats = 0.1

    @Option(help: ArgumentHelp("The seed of the order and of the sides.", valueName: "n"))
    var votingSeed: UInt64 = 1

    func validate() throws {
        guard (0...1).contains(repeats) else { throw ValidationError("--repeats must be from 0 to 1") }
        if votes != nil, triplets == nil { throw ValidationError("--votes is for judgments of --triplets FILE") }
    }

    /// The room; nil when there are no triplets.
    /// - Parameter root: a folder beside that of the triplets in which images may lie.
    /// - Throws: `DreamSimError`.
    func room(root: URL?) throws -> VotingRoom? {
        try triplets.map { file in
            try VotingRoom(
                file, votes: votes, root: root.map { ImagePath($0.path) }, repeats: repeats, seed: votingSeed)
        }
    }
}

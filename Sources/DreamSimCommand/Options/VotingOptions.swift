import ArgumentParser
import DreamSimEvaluation
import Foundation

/// The voting room of `dreamsim serve`.
struct VotingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Collect judgments of these triplets (.csv) in the page.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var triplets: ImagePath?

    @Option(
        help: ArgumentHelp("File of the judgments (default: NAME.votes.csv beside the triplets).", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var votes: ImagePath?

    @Option(help: ArgumentHelp("Fraction of triplets to show twice, with the sides swapped.", valueName: "share"))
    var repeatShare = 0.1

    @Option(help: ArgumentHelp("Random seed of the triplets' order and sides.", valueName: "n"))
    var votingSeed: UInt64 = 1

    func validate() throws {
        guard (0...1).contains(repeatShare) else { throw ValidationError("--repeat-share must be from 0 to 1") }
        if votes != nil, triplets == nil { throw ValidationError("--votes is for judgments of --triplets FILE") }
    }

    /// The room; nil when there are no triplets.
    /// - Parameter root: a folder beside that of the triplets in which images may lie.
    /// - Throws: `DreamSimError`.
    func room(root: URL?) throws -> VotingRoom? {
        try triplets.map { file in
            try VotingRoom(
                file, votes: votes, root: root.map { ImagePath($0.path) }, repeats: repeatShare, seed: votingSeed)
        }
    }
}

import ArgumentParser

/// Everything that says how good metrics are; without the name of a subcommand, how well they agree with people.
struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Evaluate metrics on human judgments or opinion scores, by robustness, or by nearest neighbors.",
        discussion: """
            'dreamsim evaluate LAYOUT DATA' is short for 'dreamsim evaluate judgments LAYOUT DATA'; see 'dreamsim evaluate \
            judgments --help' for its options. The layouts are nights, bapps, jnd, things and triplets.

            EXAMPLES
              dreamsim evaluate nights nights/ --metric ensemble,lpips-alex,mse
              dreamsim evaluate triplets mine.csv --metric ensemble -o each-triplet.csv
              dreamsim evaluate mos csv ratings.csv --metric ensemble,ssim,psnr
              dreamsim evaluate robustness photos/ --metric ensemble,lpips-alex,ssim -o plot.png
              dreamsim evaluate knn flowers/ --model lite
              dreamsim evaluate retrieval flowers/ --model lite
            """,
        subcommands: [
            EvaluateJudgments.self, EvaluateOpinions.self, EvaluateRobustness.self, EvaluateKNN.self,
            EvaluateRetrieval.self,
        ],
        defaultSubcommand: EvaluateJudgments.self)
}

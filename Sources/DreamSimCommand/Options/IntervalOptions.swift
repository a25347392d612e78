import ArgumentParser
import DreamSimEvaluation

/// How intervals are drawn.
struct IntervalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Number of bootstrap resamples.", valueName: "n"))
    var resamples: Int = Bootstrap().resamples

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    func validate() throws {
        guard (1...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples must be from 1 to 1000000")
        }
    }

    var bootstrap: Bootstrap { Bootstrap(resamples: resamples, seed: seed) }
}

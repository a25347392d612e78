import ArgumentParser
import DreamSim
import DreamSimEvaluation
import Foundation

/// Which metrics are evaluated and how; shared by `evaluate` and `calibrate`.
struct EvaluationOptions: ParsableArguments {
    @OptionGroup var metrics: MetricOptions

    @Option(help: ArgumentHelp("Keep values and embeddings here, not in the cache folder.", valueName: "dir"))
    var cache: String?

    @Flag(name: .customLong("no-cache"), help: "Keep no values and no embeddings.")
    var keepsNothing = false

    @Flag(help: "An image that is missing or cannot be read is an error, not a skipped judgment.")
    var strict = false

    @Option(help: ArgumentHelp("The number of draws of the bootstrap.", valueName: "n"))
    var resamples: Int = 2000

    @Option(help: ArgumentHelp("The seed of the bootstrap and of the choice of unrelated pairs.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "How many pairs of unrelated images tell what a value means, for metrics that do not embed; 0 for none.",
            valueName: "n"))
    var unrelated: Int = 100

    @Option(help: ArgumentHelp("The number of images that pass a model together.", valueName: "n"))
    var batch: Int = 8

    func validate() throws {
        guard (1...1024).contains(batch) else { throw ValidationError("--batch must be from 1 to 1024") }
        guard (1...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples must be from 1 to 1000000")
        }
        guard (0...1_000_000).contains(unrelated) else { throw ValidationError("--unrelated must be 0 to 1000000") }
        if keepsNothing, cache != nil { throw ValidationError("--cache and --no-cache exclude each other") }
    }

    /// How the metrics that were loaded are evaluated.
    func settings(_ comparer: PairComparer) throws -> EvaluationSettings {
        let home = try metrics.model.store.configuration().home
        return EvaluationSettings(
            cache: keepsNothing ? nil : cache.map { URL(filePath: $0) } ?? home.appending(path: "evaluations"),
            decoding: comparer.decoding, resize: comparer.resize, batch: batch,
            bootstrap: Bootstrap(resamples: resamples, seed: seed), isStrict: strict,
            unrelatedPairs: unrelated > 0 ? EvaluationSettings().unrelatedPairs : 0, slowUnrelatedPairs: unrelated)
    }

    /// Checks that a file that is of one metric is wanted of one.
    func checkProfile(_ profile: String?) throws {
        if profile != nil, metrics.names.count > 1 || metrics.isEverything {
            throw ValidationError("--profile is one metric's file; name one metric")
        }
    }
}

/// The progress of an evaluation: one line for each metric at work.
final class EvaluationProgressLine {
    private let isQuiet: Bool
    private var what = ""
    private var line: ProgressLine?

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ state: EvaluationProgress) {
        if state.what != what {
            what = state.what
            line = ProgressLine(state.total, unit: "\(state.unit) (\(what))", isQuiet: isQuiet)
        }
        line?.show(state.done)
    }

    func clear() { line?.clear() }
}

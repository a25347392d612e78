import ArgumentParser
import DreamSimEvaluation
import Foundation

/// Which metrics are evaluated and how; shared by `evaluate` and `calibrate`.
struct EvaluationOptions: ParsableArguments {
    @OptionGroup var metrics: MetricOptions

    @Option(help: ArgumentHelp("Folder that keeps values and embeddings (default: the cache).", valueName: "dir"))
    var cache: String?

    @Flag(name: .customLong("no-cache"), help: "Do not cache values or embeddings.")
    var keepsNothing = false

    @Flag(help: "Fail on missing or unreadable images instead of skipping them.")
    var strict = false

    @Option(help: ArgumentHelp("Number of bootstrap resamples, for pairs.", valueName: "n"))
    var resamples: Int = 2000

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("Unrelated pairs for percentiles of metrics without embeddings; 0 disables.", valueName: "n")
    )
    var unrelatedPairs: Int = 100

    @OptionGroup var batch: BatchOptions

    func validate() throws {
        guard (1...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples must be from 1 to 1000000")
        }
        guard (0...1_000_000).contains(unrelatedPairs) else {
            throw ValidationError("--unrelated-pairs must be 0 to 1000000")
        }
        if keepsNothing, cache != nil { throw ValidationError("--cache and --no-cache exclude each other") }
    }

    /// How the metrics that were loaded are evaluated.
    func settings(_ comparer: PairComparer) throws -> EvaluationSettings {
        let home = try metrics.model.store.configuration().home
        return EvaluationSettings(
            cache: keepsNothing ? nil : cache.map { URL(filePath: $0) } ?? home.appending(path: "evaluations"),
            decoding: comparer.decoding, resize: comparer.resize, batch: batch.size,
            bootstrap: Bootstrap(resamples: resamples, seed: seed), isStrict: strict,
            unrelatedPairs: unrelatedPairs > 0 ? EvaluationSettings().unrelatedPairs : 0,
            slowUnrelatedPairs: unrelatedPairs)
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

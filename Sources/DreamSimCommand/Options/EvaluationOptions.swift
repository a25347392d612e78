import ArgumentParser
import DreamSim
import Evaluation
import Foundation

/// Which metrics are evaluated and how; shared by `evaluate` and `calibrate`.
struct EvaluationOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Metrics, separated by commas: names of 'dreamsim models list', with +FEATURE for another feature of a model, l1, l2, mse, psnr …; or 'all' for every one that is ready here.",
            valueName: "names"))
    var metric: String = Catalogue.defaultModel

    @OptionGroup var store: StoreOptions

    @Option(help: "Do exactly what another implementation does: orientation ignored, transparency dropped.")
    var parity: ParityOption?

    @Flag(
        inversion: .prefixedNo,
        help: "Centre and normalize embeddings, as the reference's API does; its evaluation scripts do not.")
    var normalize = true

    @Option(
        help: ArgumentHelp(
            "Bring images to a square of this side for metrics that compare them at full size.", valueName: "pixels"))
    var resize: Int?

    @Option(help: ArgumentHelp("Keep values and embeddings here, not in the cache folder.", valueName: "dir"))
    var cache: String?

    @Flag(name: .customLong("no-cache"), help: "Keep no values and no embeddings.")
    var keepsNothing = false

    @Flag(help: "An image that is missing or cannot be read is an error, not a skipped judgement.")
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

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
        guard (1...1024).contains(batch) else { throw ValidationError("--batch must be from 1 to 1024") }
        guard (1...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples must be from 1 to 1000000")
        }
        if let resize, !(1...8192).contains(resize) { throw ValidationError("--resize must be from 1 to 8192") }
        guard (0...1_000_000).contains(unrelated) else { throw ValidationError("--unrelated must be 0 to 1000000") }
        if keepsNothing, cache != nil { throw ValidationError("--cache and --no-cache exclude each other") }
        if names.isEmpty || names.contains("") { throw ValidationError("--metric: a name is missing in '\(metric)'") }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw ValidationError("--metric: '\(twice)' is named twice")
        }
    }

    var names: [String] {
        metric.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    func settings() throws -> EvaluationSettings {
        let home = try store.configuration().home
        return EvaluationSettings(
            cache: keepsNothing ? nil : cache.map { URL(filePath: $0) } ?? home.appending(path: "evaluations"),
            decoding: parity == .reference ? .reference : .standard, resize: resize, batch: batch,
            bootstrap: Bootstrap(resamples: resamples, seed: seed), isStrict: strict,
            unrelatedPairs: unrelated > 0 ? EvaluationSettings().unrelatedPairs : 0, slowUnrelatedPairs: unrelated)
    }

    /// Loads the metrics, with progress and notes on standard error.
    func load(quiet: Bool) async throws -> [any PerceptualMetric] {
        if let threads { PerceptualModel.threads = threads }
        var configuration = try store.configuration()
        let isAll = names == ["all"]
        if isAll { configuration.isOffline = true }
        let options = PerceptualModel.LoadingOptions(
            store: configuration, preprocessing: parity == .reference ? .reference : .standard,
            isNormalized: normalize)
        let progress = DownloadProgressLine(isQuiet: quiet)
        defer { progress.clear() }
        let report: @Sendable (PerceptualModel.LoadingEvent) -> Void = { event in
            switch event {
            case .fetching(let state): progress.show(state)
            case .note(let text): if !quiet { Terminal.note(text) }
            }
        }
        let wanted =
            isAll
            ? MetricCatalogue.all.map(\.card.name) + Catalogue.ready(in: ModelStore(configuration)).map(\.name) : names
        var metrics: [any PerceptualMetric] = []
        for name in wanted {
            do {
                metrics.append(try await MetricCatalogue.load(name, options: options, report: report))
            } catch let error as DreamSimError where isAll && error.kind == .weightsMissing {
                if !quiet { Terminal.note("\(name) is left out: its weights are not on this machine") }
            }
        }
        return metrics
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

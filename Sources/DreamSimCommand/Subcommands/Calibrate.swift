import ArgumentParser
import DreamSimEvaluation
import Foundation

struct Calibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Calibrate a metric's threshold on labeled pairs.",
        discussion: """
            LABELS is a CSV file with the columns a, b and same: 1 (or yes) for same pairs, 0 (or no) for \
            different ones. It may also have id, weight, split and group. Paths are relative to the file's folder.

            The threshold is saved in the metric's profile; 'dreamsim compare --threshold-from profile' applies it.

            EXAMPLES
              dreamsim calibrate labels.csv --metric ensemble --target-precision 0.99
              dreamsim calibrate labels.csv --metric lpips-alex,mse --by f1 --html roc.html
            """)

    @Argument(help: "Labeled pairs (.csv).")
    var labels: ImagePath

    @OptionGroup var evaluation: EvaluationOptions

    @Option(help: ArgumentHelp("Precision that the threshold must reach.", valueName: "share"))
    var targetPrecision: Double?

    @Option(help: "Criterion that the threshold maximizes without --target-precision.")
    var by: Criterion = .youden

    @Option(help: ArgumentHelp("Use only rows of this split.", valueName: "name"))
    var split: String?

    @Option(help: ArgumentHelp("Name of the data set in results.", valueName: "text"))
    var name: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write every pair's values (.json, .csv or .ndjson).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("Write the curves as a page.", valueName: "file"), completion: .file())
    var html: String?

    @Option(
        help: ArgumentHelp("File for the metric's threshold (default: in the cache).", valueName: "file"),
        completion: .file())
    var profile: String?

    @OptionGroup var format: OutputOptions

    enum Criterion: String, ExpressibleByArgument, CaseIterable {
        case youden
        case f1
    }

    func validate() throws {
        if let targetPrecision, !(targetPrecision > 0 && targetPrecision <= 1) {
            throw ValidationError("--target-precision must be above 0 and at most 1")
        }
        try OutputFiles([("--output", output, ["json", "csv", "ndjson"])]).checkExtensions()
        try evaluation.checkProfile(profile)
    }

    func run() async throws {
        let set = try JudgedSet.pairs(labels, split: split, name: name)
        let comparer = try await evaluation.metrics.load(quiet: format.quiet)
        var settings = try evaluation.settings(comparer)
        // Labeled pairs say nothing of unrelated ones.
        (settings.unrelatedPairs, settings.slowUnrelatedPairs) = (0, 0)
        let progress = EvaluationProgressLine(isQuiet: format.quiet)
        let evaluated = try Evaluator.evaluate(set, with: comparer.metrics, settings: settings, progress: progress.show)
        progress.clear()
        let criterion: ThresholdCriterion = targetPrecision.map { .precision($0) } ?? (by == .f1 ? .f1 : .youden)
        let report = try CalibrationReport(evaluated, criterion: criterion)
        Terminal.write(try CalibrationOutput(report: report).text(format))
        if let output { try EvaluationFile.write(evaluated, to: URL(filePath: output)) }
        if let html { try CalibrationPage(report).write(to: URL(filePath: html)) }
        try keepThresholds(report)
        if !format.quiet { EvaluationOutput.notes(evaluated).forEach(Terminal.note) }
    }

    private func keepThresholds(_ report: CalibrationReport) throws {
        let store = ModelStore(try evaluation.metrics.model.store.configuration())
        for (identity, threshold) in report.thresholds {
            let url = profile.map { URL(filePath: $0) } ?? MetricProfile.url(of: identity, in: store)
            let failure = Result { try MetricProfile.update(url, of: identity) { $0.threshold = threshold } }
            switch failure {
            case .success: if !format.quiet { Terminal.note("the threshold is kept in \(url.path)") }
            case .failure(let error):
                // The cache may be read-only; the calibration itself is done.
                if profile != nil { throw error }
                Terminal.note("the threshold is not kept: \(error)")
            }
        }
    }
}

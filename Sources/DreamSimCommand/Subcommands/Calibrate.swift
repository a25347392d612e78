import ArgumentParser
import DreamSim
import DreamSimEvaluation
import Foundation

struct Calibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the distance at which pairs stop being the same.",
        discussion: """
            LABELS is a CSV file with the columns a, b and same: 1 (or yes) for pairs that count as the same, 0 (or no) for \
            others. It may also have id, weight, split and group. Paths are relative to the file's folder.

            The threshold is kept with what is known of the metric, and 'dreamsim compare --threshold-from profile' uses it.

            EXAMPLES
              dreamsim calibrate labels.csv --metric ensemble --target-precision 0.99
              dreamsim calibrate labels.csv --metric lpips-alex,mse --by f1 --html roc.html
            """)

    @Argument(help: "The labelled pairs.")
    var labels: ImagePath

    @OptionGroup var evaluation: EvaluationOptions

    @Option(
        help: ArgumentHelp("Take as much as possible for the same while this share of it is.", valueName: "share"))
    var targetPrecision: Double?

    @Option(help: "Without --target-precision: what the threshold makes greatest.")
    var by: Criterion = .youden

    @Option(help: ArgumentHelp("Keep the rows whose column 'split' is this.", valueName: "name"))
    var split: String?

    @Option(help: ArgumentHelp("What the pairs are called in results.", valueName: "text"))
    var name: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Also write every pair with every metric's value (.json, .csv or .ndjson).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("Also draw the curves, one page.", valueName: "file"), completion: .file())
    var html: String?

    @Option(
        help: ArgumentHelp("Keep the threshold here, not in the cache folder; for one metric.", valueName: "file"),
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
        if let output, EvaluationFile.Format(rawValue: URL(filePath: output).pathExtension.lowercased()) == nil {
            throw ValidationError("--output \(output): the extension must be .json, .csv or .ndjson")
        }
        try evaluation.checkProfile(profile)
    }

    func run() async throws {
        let set = try JudgedSet.pairs(labels, split: split, name: name)
        let comparer = try await evaluation.metrics.load(quiet: format.quiet)
        var settings = try evaluation.settings(comparer)
        // Labelled pairs say nothing of unrelated ones.
        (settings.unrelatedPairs, settings.slowUnrelatedPairs) = (0, 0)
        let progress = EvaluationProgressLine(isQuiet: format.quiet)
        let evaluated = try Evaluator.evaluate(set, with: comparer.metrics, settings: settings, progress: progress.show)
        progress.clear()
        let criterion: ThresholdCriterion = targetPrecision.map { .precision($0) } ?? (by == .f1 ? .f1 : .youden)
        let report = try CalibrationReport(evaluated, criterion: criterion)
        Terminal.write(try CalibrationOutput(report: report, options: format).text())
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

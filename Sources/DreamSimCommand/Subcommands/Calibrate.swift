import ArgumentParser
import DreamSimEvaluation
import Foundation

struct Calibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Calibrate a metric's threshold, or what its values mean.",
        discussion: """
            Of a CSV file with the columns a, b and same (1 or yes for same pairs, 0 or no for different ones; it may also \
            have id, weight, split and group; paths are relative to its folder), finds the threshold between same and \
            different. 'dreamsim compare --threshold-from profile' applies it.

            Of a folder of photographs, each of something else, finds which values re-encoded and edited copies of them \
            have, and unrelated ones; with --same-scene, a CSV file with the columns a and b, also other images of a scene. \
            'dreamsim compare' and 'dedupe' then say of each value which kind it is taken for. lite and vits14-focus \
            come calibrated.

            Both are saved in the metric's profile.

            EXAMPLES
              dreamsim calibrate photographs/ --metric ensemble
              dreamsim calibrate labels.csv --metric ensemble --target-precision 0.99
              dreamsim calibrate labels.csv --metric lpips-alex,mse --by f1 --html roc.html
            """)

    @Argument(help: "Labeled pairs (.csv), or a folder of photographs.")
    var labels: ImagePath

    @Option(
        help: ArgumentHelp("Pairs of images that show the same scene (.csv).", valueName: "file"), completion: .file())
    var sameScene: ImagePath?

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
        let outputs = OutputFiles([
            ("--output", output, ["json", "csv", "ndjson"]), ("--html", html, OutputFiles.pages),
        ])
        try outputs.checkNames()
        try evaluation.checkProfile(profile)
        if ImageFinder.isFolder(labels) {
            if targetPrecision != nil || split != nil || output != nil || html != nil {
                throw ValidationError(
                    "--target-precision, --split, --output and --html are for labeled pairs, not for a folder")
            }
        } else if sameScene != nil {
            throw ValidationError("--same-scene is for a folder of photographs")
        }
    }

    func run() async throws {
        ImageFinder.isFolder(labels) ? try await calibrateKinds() : try await calibrateThreshold()
    }

    private func calibrateKinds() async throws {
        let files = ImageFinder.expand([labels]) { folder, reason in Terminal.error("\(folder): \(reason)") }
        guard !files.isEmpty else { throw ValidationError("no image was found in \(labels)") }
        let scenes = try sameScene.map { try PairTable(contentsOf: $0) }
        let comparer = try await evaluation.metrics.load(quiet: format.quiet)
        let progress = ProgressLine(files.count, unit: "photographs", isQuiet: format.quiet)
        let report = try KindCalibration(
            of: files, scenes: scenes, with: comparer, name: name ?? "\(files.count) images of \(labels.name)",
            seed: evaluation.seed, progress: progress.show)
        progress.clear()
        for failure in report.skipped { Terminal.error("\(failure.image): \(failure.error)") }
        if evaluation.strict, !report.skipped.isEmpty { Terminal.exit(.failed) }
        if files.count - report.skipped.count < 20, !format.quiet {
            Terminal.note("fewer than 20 photographs tell little: where kinds end depends on single images")
        }
        Terminal.write(try KindOutput(report: report).text(format))
        try keep(report.metrics.map { metric in (metric.column.identity, { $0.kinds = metric.kinds }) }, "percentiles")
        if !report.skipped.isEmpty { Terminal.exit(.failed) }
    }

    private func calibrateThreshold() async throws {
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
        try keep(report.thresholds.map { identity, threshold in (identity, { $0.threshold = threshold }) }, "threshold")
        if !format.quiet { EvaluationOutput.notes(evaluated).forEach(Terminal.note) }
    }

    /// Takes what was found into the metrics' profiles.
    private func keep(_ changes: [(MetricIdentity, (inout MetricProfile) -> Void)], _ what: String) throws {
        let store = ModelStore(try evaluation.metrics.model.store.configuration())
        for (identity, change) in changes {
            let url = profile.map { URL(filePath: $0) } ?? MetricProfile.url(of: identity, in: store)
            do {
                let kept = try MetricProfile.update(url, of: identity, change)
                guard !format.quiet else { continue }
                Terminal.note("\(what) of \(identity.name): kept in \(url.path)")
                if let replacement = kept.replacement { Terminal.note("\(identity.name): \(replacement)") }
            } catch {
                // The cache may be read-only; the calibration itself is done.
                if profile != nil { throw error }
                Terminal.note("\(what) of \(identity.name): not kept: \(error)")
            }
        }
    }
}

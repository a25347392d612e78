import ArgumentParser
import DreamSimEvaluation
import Foundation

struct EvaluateJudgments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judgments",
        abstract: "Evaluate metrics on human judgments (the default of 'dreamsim evaluate').",
        discussion: """
            LAYOUTS
              nights    a folder with data.csv: ref_path, left_path, right_path, right_vote, votes, split, is_imagenet
              bapps     a folder with val/KIND/{ref,p0,p1}/*.png and judge/*.npy
              jnd       a folder with jnd/val/KIND/{p0,p1}/*.png and same/*.npy
              things    a text file with three names a line, the odd one last; --images names their folder
              triplets  a CSV file: ref, left, right, vote (0 to 1 for right, or left, right); and, where wanted, id, \
            weight, split, group

            Missing and unreadable images are skipped and listed; --strict makes them errors. Values and embeddings are \
            cached, so that an interrupted run resumes and a repeated one is immediate. The distances of unrelated images \
            are saved in the metric's profile, from which 'dreamsim compare' derives percentiles.

            EXAMPLES
              dreamsim evaluate nights nights/ --metric ensemble,lpips-alex,mse
              dreamsim evaluate nights nights/ --split val --metric all --html report.html
              dreamsim evaluate bapps 2afc/ --metric psnr --format json
              dreamsim evaluate triplets mine.csv --metric ensemble -o each-triplet.csv
            """)

    @Argument(help: "Layout of the data set.")
    var layout: LayoutOption

    @Argument(help: "Folder or file of the data set.")
    var root: ImagePath

    @OptionGroup var evaluation: EvaluationOptions

    @Option(help: ArgumentHelp("Split to use (nights: test by default; triplets: all).", valueName: "name"))
    var split: String?

    @Option(help: ArgumentHelp("NIGHTS: minimum number of votes.", valueName: "n"))
    var minVotes: Int = 6

    @Option(help: ArgumentHelp("THINGS: folder of the images.", valueName: "dir"))
    var images: ImagePath?

    @Option(help: ArgumentHelp("Name of the data set in results.", valueName: "text"))
    var name: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write every judgment's values (.json, .csv or .ndjson).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("Write a report with images as one page.", valueName: "file"), completion: .file())
    var html: String?

    @Option(
        help: ArgumentHelp("File for the metric's percentiles (default: in the cache).", valueName: "file"),
        completion: .file())
    var profile: String?

    @OptionGroup var format: OutputOptions

    enum LayoutOption: String, ExpressibleByArgument, CaseIterable {
        case nights
        case bapps
        case jnd
        case things
        case triplets
    }

    func validate() throws {
        guard minVotes >= 0 else { throw ValidationError("--min-votes must be 0 or more") }
        if layout == .nights, let split, JudgedSet.NightsSplit(rawValue: split) == nil {
            let known = JudgedSet.NightsSplit.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--split \(split): NIGHTS has \(known)")
        }
        if split != nil, layout != .nights, layout != .triplets {
            throw ValidationError("--split is for nights and triplets")
        }
        if images != nil, layout != .things { throw ValidationError("--images is for things") }
        try OutputFiles([("--output", output, ["json", "csv", "ndjson"]), ("--html", html, OutputFiles.pages)])
            .checkNames()
        try evaluation.checkProfile(profile)
    }

    private func dataSet() throws -> JudgedSet {
        switch layout {
        case .nights:
            try .nights(
                root, split: split.flatMap(JudgedSet.NightsSplit.init) ?? .test, minimumVotes: minVotes, name: name)
        case .bapps: try .bapps(root, name: name)
        case .jnd: try .jnd(root, name: name)
        case .things: try .things(root, images: images, name: name)
        case .triplets: try .triplets(root, split: split, name: name)
        }
    }

    func run() async throws {
        let set = try dataSet()
        let comparer = try await evaluation.metrics.load(quiet: format.quiet)
        let settings = try evaluation.settings(comparer)
        let progress = EvaluationProgressLine(isQuiet: format.quiet)
        let report = try Evaluator.evaluate(set, with: comparer.metrics, settings: settings, progress: progress.show)
        progress.clear()
        Terminal.write(try EvaluationOutput(report: report).text(format))
        if let output { try EvaluationFile.write(report, to: URL(filePath: output)) }
        if let html { try HTMLReport(report, decoding: settings.decoding).write(to: URL(filePath: html)) }
        try keepProfiles(report)
        if !format.quiet {
            // The table says so itself.
            if format.format != .table { report.caveats().forEach(Terminal.note) }
            EvaluationOutput.notes(report).forEach(Terminal.note)
        }
    }

    private func keepProfiles(_ report: EvaluationReport) throws {
        let store = ModelStore(try evaluation.metrics.model.store.configuration())
        for (identity, dataSet) in report.profiles {
            let url = profile.map { URL(filePath: $0) } ?? MetricProfile.url(of: identity, in: store)
            let failure = Result { try MetricProfile.update(url, of: identity) { $0.add(dataSet) } }
            guard case .failure(let error) = failure else { continue }
            // The cache may be read-only; the evaluation itself is done.
            if profile != nil { throw error }
            if !format.quiet { Terminal.note("what distances mean is not kept: \(error)") }
        }
    }
}

public import ArgumentParser
public import DreamSimEvaluation
import Foundation

extension OpinionSet.Layout: ExpressibleByArgument {}
extension LogisticFit.Curve: ExpressibleByArgument {}

struct EvaluateOpinions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mos",
        abstract: "Evaluate metrics on mean opinion scores.",
        discussion: """
            LAYOUTS
              csv       a CSV file: reference, image, score; and, where wanted, distortion, deviation and metrics' values
              tid2013   a folder with mos_with_names.txt, mos_std.txt, reference_images and distorted_images
              kadid10k  a folder with dmos.csv and images
              csiq      a folder with csiq_label.txt, or csiq.DMOS.csv from the published sheet; src_imgs and dst_imgs
              live      a folder with dmos.csv (reference, image, dmos), exported from dmos.mat and refnames_all.mat
              pipal     a folder with Train_Label, Train_Ref and Distortion_1 to Distortion_4 or Train_Dist
              pieapp    a folder with labels/test/*_per_image_score.csv, reference_images and distorted_images

            Spearman's and Kendall's (tau-b) rank correlations, and Pearson's and the root mean square error after a logistic \
            curve was fitted. Signs are those of the numbers: distances fall as quality rises. Differences of rank \
            correlations are tested by Steiger's Z and paired draws. --column takes values from the table in place of \
            computing metrics.

            EXAMPLES
              dreamsim evaluate mos csv ratings.csv --metric ensemble,ssim,psnr --html report.html
              dreamsim evaluate mos csv values.csv --column mine,theirs --curve four
              dreamsim evaluate mos kadid10k kadid10k/ --metric lpips-alex,fsim -o values.csv
            """)

    @Argument(help: "Layout of the data set.")
    var layout: OpinionSet.Layout

    @Argument(help: "Folder or file of the data set.")
    var root: ImagePath

    @Option(help: ArgumentHelp("Columns of the table with metrics' values, separated by commas.", valueName: "names"))
    var column: String?

    @Option(help: "Parameters of the logistic curve.")
    var curve: LogisticFit.Curve = .five

    @Option(help: ArgumentHelp("Number of bootstrap resamples.", valueName: "n"))
    var resamples: Int = 2000

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Name of the data set in results.", valueName: "text"))
    var name: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Write scores and values (.csv).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("Write a page with scatter plots and curves.", valueName: "file"), completion: .file())
    var html: String?

    @OptionGroup var metrics: MetricOptions
    @OptionGroup var format: OutputOptions

    private var columns: [String] {
        (column ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func validate() throws {
        guard (1...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples must be from 1 to 1000000")
        }
        if column != nil {
            guard layout == .csv else { throw ValidationError("--column is for csv") }
            guard !columns.isEmpty, Set(columns).count == columns.count else {
                throw ValidationError("--column: names none, or one twice")
            }
            guard metrics.chosen.metric.isEmpty, metrics.model.chosenModel == nil else {
                throw ValidationError("--column and --metric exclude each other; -o writes a table that has both")
            }
        }
        let files = OutputFiles([("--output", output, ["csv"]), ("--html", html, OutputFiles.pages)])
        try files.checkNames()
        try files.check(against: [root])
    }

    func run() async throws {
        let set = try OpinionSet(layout, root, columns: columns, name: name)
        let values: [OpinionReport.Values]
        if columns.isEmpty {
            let comparer = try await metrics.load(quiet: format.quiet)
            let progress = ProgressLine(set.items.count, unit: "images", isQuiet: format.quiet)
            values = OpinionReport.measure(set, with: comparer, progress: progress.show)
            progress.clear()
        } else {
            values = OpinionReport.given(set)
        }
        let report = try OpinionReport(
            set, values: values, curve: curve, bootstrap: Bootstrap(resamples: resamples, seed: seed))
        Terminal.write(try OpinionOutput(report: report).text(format))
        if let output { try report.writeTable(to: URL(filePath: output)) }
        if let html { try report.writePage(to: URL(filePath: html)) }
        guard !format.quiet else { return }
        for metric in report.metrics where !metric.failures.isEmpty {
            let some = metric.failures.sorted { $0.key < $1.key }.prefix(5).map { "  \($0.key): \($0.value)" }
            Terminal.note(
                (["\(metric.name) has no value of \(metric.failures.count) images:"] + some).joined(separator: "\n"))
        }
    }
}

import ArgumentParser
import DreamSim
import Foundation

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Rank images by their similarity to a reference, or measure pairs of images.",
        discussion: """
            --pairs reads a table (.csv) whose columns a and b name the images; its other columns are copied to the \
            results. --by-name pairs the images of two folders by file name, whatever their extensions; an image \
            without a partner is an error. Pairs end with a summary: count, mean, median and worst. The first metric \
            ranks; a model given by --model comes before those of --metric.

            With a limit (--fail-above, --fail-below, --threshold-from), every result says whether it passes. What has no \
            value does not.

            EXIT CODES
              0   all values are within their limits
              1   a value is beyond its limit, or has none that could be judged
              2   an image or a pair could not be compared; the others were
              64  usage error, such as a limit for a metric that was not named

            EXAMPLES
              dreamsim compare original.jpg edited.jpg
              dreamsim compare original.jpg candidates/ --format csv > ranking.csv
              dreamsim compare original.jpg *.jpg --metric ssim,psnr,vits14-focus --sheet ranking.png
              dreamsim compare original.jpg render.png --model ensemble --fail-above 0.1 --quiet
              dreamsim compare original.png render.png --metric psnr,ssim --fail-below ssim=0.98
              dreamsim compare --pairs pairs.csv --metric all --resize 256 --format csv > measured.csv
              dreamsim compare expected/ rendered/ --by-name --metric ssim --fail-below 0.99
            """)

    @Argument(help: "Reference image.")
    var reference: ImagePath?

    @Argument(help: "Images or folders to compare with it.")
    var images: [ImagePath] = []

    @Option(
        help: ArgumentHelp("Measure the pairs of images listed in a CSV file.", valueName: "file"), completion: .file())
    var pairs: ImagePath?

    @Flag(help: "Pair the images of two folders by file name.")
    var byName = false

    @OptionGroup var metrics: MetricOptions

    @Option(help: ArgumentHelp("Rank by this metric; the first by default.", valueName: "name"))
    var rankBy: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var profiles: ProfileOptions
    @OptionGroup var thresholds: ThresholdOptions

    @Option(help: ArgumentHelp("Write the ranking as an image (.png or .jpg).", valueName: "file"), completion: .file())
    var sheet: String?

    func validate() throws {
        if pairs != nil {
            guard reference == nil, !byName else {
                throw ValidationError("--pairs takes its images from the table; give no others and no --by-name")
            }
        } else {
            guard reference != nil else { throw ValidationError("Missing expected argument '<reference>'") }
            guard !images.isEmpty else { throw ValidationError("Missing expected argument '<images> ...'") }
        }
        if byName, images.count != 1 { throw ValidationError("--by-name needs two folders") }
        if sheet != nil || rankBy != nil, pairs != nil || byName {
            throw ValidationError("--sheet and --rank-by are of a ranking; pairs are not ranked")
        }
        if let rankBy, !metrics.isEverything, !metrics.names.contains(rankBy) {
            throw ValidationError("--rank-by \(rankBy): the metrics are \(metrics.names.joined(separator: ", "))")
        }
        let outputs = OutputFiles([("--sheet", sheet, OutputFiles.drawings)])
        try outputs.checkNames()
        try outputs.check(against: [reference] + images)
        try thresholds.validate(for: metrics)
        if profiles.thresholdFrom != nil, pairs != nil || byName {
            throw ValidationError("--threshold-from is of a ranking, for now; pairs take --fail-above and --fail-below")
        }
    }

    func run() async throws {
        if let pairs {
            try await measure(try PairTable(contentsOf: pairs))
        } else if let reference, byName {
            try await measure(reference, images[0])
        } else if let reference {
            let candidates = ImageFinder.expand(images) { folder, reason in Terminal.error("\(folder): \(reason)") }
            guard !candidates.isEmpty else {
                throw ValidationError("no image was found in \(images.map(\.description).joined(separator: ", "))")
            }
            try await rank(reference, candidates)
        }
    }

    private func rank(_ reference: ImagePath, _ candidates: [ImagePath]) async throws {
        let (comparer, names) = try await metrics.loadNamed(quiet: output.quiet)
        var limits = try thresholds.limits(of: comparer.columns, askedForBy: names)
        let progress = ProgressLine(candidates.count, unit: "images", isQuiet: output.quiet)
        let ranking = comparer.metrics.first { $0.card.name == rankBy } ?? comparer.metrics[0]
        let column = MetricColumn(ranking, decoding: comparer.decoding, resize: comparer.resize)
        let profile = try profiles.profile(column.identity, in: ModelStore(metrics.model.store.configuration()))
        profiles.limit(column, to: profile, in: &limits)
        let comparison = Comparison(comparer, reference: reference, candidates: candidates, rankedBy: rankBy)
        for await step in comparison.progress { progress.show(step.done) }
        progress.clear()
        var report = try await comparison.result
        report.judge(by: limits)
        if !output.quiet { report.warnings.forEach(Terminal.note) }
        Terminal.write(try ComparisonOutput(report: report, profile: profile).text(output))
        var errors = MetricErrors(report.metrics, isTolerant: metrics.isEverything, isQuiet: output.quiet)
        for entry in report.results { errors.add(entry.errors ?? [:], of: "\(entry.image)") }
        for failure in report.failures { errors.add(failure.error) }
        errors.finish(of: candidates.count)
        if let sheet {
            try report.sheet(decoding: comparer.decoding, kinds: profile?.tellingKinds).write(to: URL(filePath: sheet))
        }
        if !output.quiet { FailureNote(report, limits).tell(of: candidates.count, "images") }
        if errors.hasFailed { Terminal.exit(.failed) }
        if report.pass == false { Terminal.exit(.aboveThreshold) }
    }
}

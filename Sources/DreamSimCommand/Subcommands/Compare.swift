import ArgumentParser
import DreamSim
import Foundation

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rank images by their distance to a reference, or measure pairs of images.",
        discussion: """
            With --batch, FILE is a table of comma-separated values whose columns a and b name the images; its other \
            columns are carried through to the results. With --by-name, the images of two folders are paired by their \
            names, whatever their extensions; an image without a partner counts as a failure.

            EXAMPLES
              dreamsim compare original.jpg edited.jpg
              dreamsim compare original.jpg candidates/ --format csv > ranking.csv
              dreamsim compare original.jpg *.jpg --metric ssim,psnr,vits14-focus --sheet ranking.png
              dreamsim compare original.jpg render.png --fail-above 0.1 --quiet
              dreamsim compare original.png render.png --metric psnr,ssim --fail-below ssim=0.98
              dreamsim compare --batch pairs.csv --metric all --resize 256 --format csv > measured.csv
              dreamsim compare expected/ rendered/ --by-name --metric ssim --fail-below 0.99
            """)

    @Argument(help: "The image that the others are compared with.")
    var reference: ImagePath?

    @Argument(help: "Images, or folders of images.")
    var images: [ImagePath] = []

    @Option(
        help: ArgumentHelp("Measure the pairs of a table (.csv) in place of a ranking.", valueName: "file"),
        completion: .file())
    var batch: ImagePath?

    @Flag(help: "Measure the images of two folders that have the same name.")
    var byName = false

    @OptionGroup var metrics: MetricOptions

    @Option(help: ArgumentHelp("Rank by this metric, not by the first.", valueName: "name"))
    var rankBy: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var profiles: ProfileOptions
    @OptionGroup var thresholds: ThresholdOptions

    @Option(
        help: ArgumentHelp("Also draw the ranking as an image (.png or .jpg).", valueName: "file"), completion: .file()
    )
    var sheet: String?

    func validate() throws {
        if batch != nil {
            guard reference == nil, !byName else {
                throw ValidationError("--batch takes its images from the table; give no others and no --by-name")
            }
        } else {
            guard reference != nil else { throw ValidationError("Missing expected argument '<reference>'") }
            guard !images.isEmpty else { throw ValidationError("Missing expected argument '<images> ...'") }
        }
        if byName, images.count != 1 { throw ValidationError("--by-name needs two folders") }
        if sheet != nil || rankBy != nil, batch != nil || byName {
            throw ValidationError("--sheet and --rank-by are of a ranking; pairs are not ranked")
        }
        if let rankBy, !metrics.isEverything, !metrics.names.contains(rankBy) {
            throw ValidationError("--rank-by \(rankBy): the metrics are \(metrics.names.joined(separator: ", "))")
        }
        if let sheet, ([reference].compactMap { $0 } + images).contains(ImagePath(sheet)) {
            throw ValidationError("--sheet \(sheet) would overwrite one of the images")
        }
        try thresholds.validate(for: metrics)
        if profiles.thresholdFrom != nil, batch != nil || byName {
            throw ValidationError("--threshold-from is of a ranking, for now; pairs take --fail-above and --fail-below")
        }
    }

    func run() async throws {
        if let batch {
            try await measure(try PairTable(contentsOf: batch))
        } else if let reference, byName {
            try await measure(reference, images[0])
        } else if let reference {
            let candidates = ImageFinder.expand(images) { folder, reason in Terminal.error("\(folder): \(reason)") }
            guard !candidates.isEmpty else {
                throw ValidationError("no image was found in \(images.map(\.description).joined(separator: ", "))")
            }
            if metrics.isOneModel {
                try await rankByModel(reference, candidates)
            } else {
                try await rank(reference, candidates)
            }
        }
    }

    /// Ranks by the distance of one model.
    private func rankByModel(_ reference: ImagePath, _ candidates: [ImagePath]) async throws {
        let loaded = try await metrics.loadModel(quiet: output.quiet)
        let profile = try profiles.profile(
            MetricIdentity(loaded, decoding: loaded.preprocessing.decoding),
            in: ModelStore(metrics.model.store.configuration()))
        let progress = ProgressLine(candidates.count, unit: "images", isQuiet: output.quiet)
        let outcomes = loaded.embed(files: [reference] + candidates) { progress.show($0 - 1) }
        progress.clear()
        if !output.quiet { outcomes.flatMap(\.notes).forEach(Terminal.note) }
        let report = try ComparisonReport(
            reference: reference, embedding: outcomes[0].result.get(), candidates: Array(outcomes.dropFirst()))
        Terminal.write(try ComparisonOutput(report: report, options: output, profile: profile).text())
        for failure in report.failures { Terminal.error(failure.error) }
        if let sheet {
            try ComparisonSheet(report: report, decoding: loaded.preprocessing.decoding).image()
                .write(to: URL(filePath: sheet))
        }
        if !report.failures.isEmpty { Terminal.exit(.failed) }
        let name = metrics.names[0]
        if report.results.contains(where: { thresholds.arePassed(by: [name: $0.distance], first: name) }) {
            Terminal.exit(.aboveThreshold)
        }
        if report.results.contains(where: { profiles.isPassed(by: $0.distance, profile) }) {
            Terminal.exit(.aboveThreshold)
        }
    }

    /// Ranks by several metrics, or by one that is no model.
    private func rank(_ reference: ImagePath, _ candidates: [ImagePath]) async throws {
        let comparer = try await metrics.load(quiet: output.quiet)
        let progress = ProgressLine(candidates.count, unit: "images", isQuiet: output.quiet)
        let ranking = comparer.metrics.first { $0.card.name == rankBy } ?? comparer.metrics[0]
        let profile = try profiles.profile(
            MetricIdentity(ranking, decoding: comparer.decoding, resize: comparer.resize),
            in: ModelStore(metrics.model.store.configuration()))
        var outcomes: [PairOutcome] = []
        try comparer.compare(candidates.map { ImagePair(reference, $0) }) { outcome in
            // Nothing can be compared without the reference.
            if case .failure(let failure) = outcome.result, failure.image == reference { throw failure }
            outcomes.append(outcome)
            progress.show(outcomes.count)
        }
        progress.clear()
        if !output.quiet { outcomes.flatMap(\.warnings).forEach(Terminal.note) }
        let report = try MetricsComparison(
            reference: reference, metrics: comparer.columns, rankedBy: rankBy, outcomes: outcomes)
        Terminal.write(try MetricsComparisonOutput(report: report, options: output, profile: profile).text())
        var complaints = MetricComplaints(report.metrics, isTolerant: metrics.isEverything, isQuiet: output.quiet)
        for entry in report.results { complaints.add(entry.errors ?? [:], of: "\(entry.image)") }
        for failure in report.failures { complaints.add(failure.error) }
        complaints.finish(of: candidates.count)
        if let sheet {
            try MetricsSheet(report: report, decoding: comparer.decoding).image().write(to: URL(filePath: sheet))
        }
        if complaints.hasFailed { Terminal.exit(.failed) }
        let first = report.metrics[0].name
        if report.results.contains(where: { thresholds.arePassed(by: $0.values, first: first) }) {
            Terminal.exit(.aboveThreshold)
        }
        if report.results.contains(where: { profiles.isPassed(by: $0.values[report.rankedBy], profile) }) {
            Terminal.exit(.aboveThreshold)
        }
    }
}

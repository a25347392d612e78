import ArgumentParser
import DreamSim
import Foundation

struct EvaluateRobustness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "robustness",
        abstract: "Measure metrics' robustness to mild alterations of your images.",
        discussion: """
            Every image is brought to a square of --side pixels and altered mildly: blur, jpeg, noise, brightness, contrast, \
            hue, desaturation, crop, mirror, shift and rotation; --alteration chooses, as in blur:2,jpeg:80,shuffle. Strengths \
            are in the units of 'dreamsim sensitivity'. Each metric has two numbers for each alteration:

              share  median difference of altered copies, divided by that of different images
              R@1    how often the original is nearest to its altered copy; ties are misses

            Candidates are all images for metrics that embed, and --distractors and the original for others. Equal images \
            count once, and unreadable ones not at all. Copies that are nearly equal lower R@1; 'dreamsim dedupe' finds them.

            EXAMPLES
              dreamsim evaluate robustness photos/ --metric ensemble,lpips-alex,ssim
              dreamsim evaluate robustness photos/ --alteration blur,jpeg -o plot.png
              dreamsim evaluate robustness photos/ --limit 1000 --format csv
            """)

    @Argument(help: "Folders of images, or images; at least two different ones.")
    var folders: [ImagePath]

    @OptionGroup var metrics: MetricNames

    @OptionGroup var alterations: AlterationOptions

    @Option(help: ArgumentHelp("Images to use at most; of more, a random sample.", valueName: "n"))
    var limit: Int = 200

    @Option(
        help: ArgumentHelp("Other images per original for metrics without embeddings, or 'all'.", valueName: "n"))
    var distractors = DistractorOption(count: RobustnessReport.Settings().distractors)

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write a plot (.png, .jpg or .svg) or a page (.html).", valueName: "file"),
        completion: .file())
    var output: String?

    @OptionGroup var batch: BatchOptions
    @OptionGroup var model: ModelOptions
    @OptionGroup var format: OutputOptions

    private var files: OutputFiles {
        OutputFiles([("--output", output, OutputFiles.drawings + ["svg", "html"])])
    }

    func validate() throws {
        guard (2...1_000_000).contains(limit) else { throw ValidationError("--limit must be from 2 to 1000000") }
        try files.checkNames()
        try files.check(against: folders)
    }

    func run() async throws {
        model.threads.apply()
        let isQuiet = format.quiet
        let set = try RobustnessSet(
            in: folders, preprocessing: model.preprocessing, limit: limit, seed: seed
        ) { failure in
            if !isQuiet { Terminal.note("left out: \(failure.error)") }
        }
        try files.check(against: set.files)
        var loaded: [any PerceptualMetric] = []
        let names = try metrics.ready(model, quiet: isQuiet)
        try model.checkPrecision(for: names)
        for name in names {
            loaded.append(try await model.load(metric: name, quiet: isQuiet))
        }
        try MetricNames.checkDistinct(loaded)
        let settings = RobustnessReport.Settings(
            steps: try alterations.steps(), seed: seed, distractors: distractors.count, batch: batch.size)
        let progress = LateProgressLine(unit: "images", isQuiet: isQuiet)
        let report = try RobustnessReport(of: set, metrics: loaded, settings: settings, progress: progress.show)
        progress.clear()
        Terminal.write(try RobustnessOutput(report: report).text(format))
        if let output {
            let name = URL(filePath: output).pathExtension.lowercased()
            try report.write(
                as: RobustnessReport.Format(rawValue: name) ?? .jpg, to: URL(filePath: output))
        }
        if !isQuiet { RobustnessOutput.notes(report).forEach(Terminal.note) }
        try finish(report)
    }

    /// Tells which metrics have no values; a failure where they were asked for by name.
    private func finish(_ report: RobustnessReport) throws {
        guard let errors = report.errors else { return }
        let isTolerant = metrics.isEverything(model)
        for error in errors.sorted(by: { $0.key < $1.key }).map(\.value) {
            if !isTolerant { Terminal.error(error) } else if !format.quiet { Terminal.note(error) }
        }
        if !isTolerant || report.metrics.isEmpty { Terminal.exit(.failed) }
    }
}

/// A number of images, or `all`.
struct DistractorOption: ExpressibleByArgument {
    let count: Int?

    init(count: Int?) { self.count = count }

    init?(argument: String) {
        guard argument != "all" else {
            count = nil
            return
        }
        guard let count = Int(argument), count > 0 else { return nil }
        self.count = count
    }

    var defaultValueDescription: String { count.map(String.init) ?? "all" }
}

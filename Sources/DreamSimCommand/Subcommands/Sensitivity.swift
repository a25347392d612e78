import ArgumentParser
import DreamSim
import Foundation

struct Sensitivity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sensitivity",
        abstract: "Plot metrics' sensitivity to image distortions.",
        discussion: """
            Applies distortions of color, layout, blur, noise, shift, rotation, crop and compression at several strengths. \
            Each metric's values are scaled by its value for --unrelated, or else by its largest value.

            EXAMPLES
              dreamsim sensitivity photo.jpg --metric ensemble,lpips-alex,ssim -o plot.png
              dreamsim sensitivity photo.jpg --metric ssim,mse --unrelated other.jpg -o plot.html --sheet altered.jpg
              dreamsim sensitivity photo.jpg --alteration blur,noise -o numbers.csv
            """)

    @Argument(help: "Image to alter.")
    var image: ImagePath

    @Option(help: ArgumentHelp("Metrics and models, separated by commas, in place of --model.", valueName: "names"))
    var metric: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("File to write (.png, .jpg, .svg, .html, .csv or .json).", valueName: "file"),
        completion: .file())
    var output: String

    @Option(help: ArgumentHelp("Unrelated image, whose difference scales the others to 1.", valueName: "image"))
    var unrelated: ImagePath?

    @Option(help: ArgumentHelp("Alterations, separated by commas. (default: all)", valueName: "names"))
    var alteration: String?

    @Option(help: ArgumentHelp("Random seed.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Maximum longer side; larger images are resized.", valueName: "pixels"))
    var longestSide: Int = 512

    @Option(
        help: ArgumentHelp("Write a contact sheet of the altered images (.png, .jpg).", valueName: "file"),
        completion: .file())
    var sheet: String?

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    @OptionGroup var model: ModelOptions

    private var format: SensitivityReport.Format? {
        let name = URL(filePath: output).pathExtension.lowercased()
        return SensitivityReport.Format(rawValue: name == "jpeg" ? "jpg" : name)
    }

    private static func names(_ list: String) -> [String] {
        list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    private func alterations() throws -> [Alteration] {
        guard let alteration else { return Alteration.allCases }
        let names = Self.names(alteration)
        guard !names.isEmpty else { throw ValidationError("--alteration names none") }
        return try names.map { try Alteration.named($0) }
    }

    func validate() throws {
        guard (16...4096).contains(longestSide) else { throw ValidationError("--longest-side must be from 16 to 4096") }
        _ = try alterations()
        if let metric {
            let names = Self.names(metric)
            guard !names.isEmpty else { throw ValidationError("--metric names none") }
            guard Set(names).count == names.count else { throw ValidationError("--metric names one twice") }
            guard names.count <= 28 else { throw ValidationError("--metric names more than 28") }
        }
        let files = OutputFiles([
            ("--output", output, ["png", "jpg", "jpeg", "svg", "html", "csv", "json"]),
            ("--sheet", sheet, OutputFiles.drawings),
        ])
        try files.checkNames()
        try files.check(against: [image, unrelated])
    }

    func run() async throws {
        guard let format else { return }
        let decoding = model.preprocessing.decoding
        let source = try Heatmap.Source(image, options: decoding)
        let other = try unrelated.map { try Heatmap.Source($0, options: decoding) }
        var metrics: [any PerceptualMetric] = []
        if let metric { try model.checkOptions(for: Self.names(metric)) }
        for name in metric.map(Self.names) ?? [model.model] {
            metrics.append(try await model.load(metric: name, quiet: quiet))
        }
        try MetricNames.checkDistinct(metrics)
        let settings = SensitivityReport.Settings(
            alterations: try alterations(), seed: seed, longestSide: longestSide)
        let progress = ProgressLine(settings.alterations.count, unit: "alterations", isQuiet: quiet)
        let report = try SensitivityReport(
            of: source, metrics: metrics, unrelated: other, settings: settings, progress: progress.show)
        progress.clear()
        try report.write(as: format, to: URL(filePath: output))
        if let sheet { try report.sheet(of: source, settings: settings).write(to: URL(filePath: sheet)) }
    }
}

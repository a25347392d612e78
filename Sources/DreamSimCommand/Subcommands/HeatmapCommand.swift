import ArgumentParser
import DreamSim
import Foundation

struct HeatmapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heatmap", abstract: "Draw a heat map of differences or of attention.",
        discussion: """
            Shows how much each place of the second image contributes to the difference: for vision transformers the \
            cosine distance of the patch tokens after the last block, for pixel metrics the difference of the pixels. With \
            --kind rollout (through all blocks) or attention (of the last block) it shows the attention of the class token in \
            one image or two.

            EXAMPLES
              dreamsim heatmap original.jpg edited.jpg -o difference.png
              dreamsim heatmap original.jpg edited.jpg -o overlay.png --layout overlay --max 0.5 --values values.npy
              dreamsim heatmap photo.jpg -o attention.png --kind attention
              dreamsim heatmap original.jpg edited.jpg -o difference.png --mask face.png
            """)

    @Argument(help: "Reference image; for attention, the image.")
    var reference: ImagePath

    @Argument(help: "Image to draw the heat map over.")
    var image: ImagePath?

    @Option(help: "Kind of heat map.")
    var kind: MapKind = .difference

    @OptionGroup var metric: MapMetricOptions
    @OptionGroup var mask: MaskOptions
    @OptionGroup var drawing: ProjectionDrawingOptions

    func validate() throws {
        try drawing.checkOutputs(against: [reference, image, mask.mask].compactMap(\.self))
        guard mask.mask == nil || kind == .difference else { throw ValidationError("--mask is for differences") }
        guard image != nil || kind != .difference else { throw ValidationError("give two images to compare") }
    }

    func run() async throws {
        let decoding = metric.model.preprocessing.decoding
        let limit = try mask.load(decoding: decoding)
        let whole = try await metric.load(quiet: drawing.quiet)
        let metric: any PerceptualMetric = try limit.map { try mask.limit(whole, to: $0) } ?? whole
        let sources = try [reference, image].compactMap(\.self).map { try Heatmap.Source($0, options: decoding) }
        let waiting = WaitingLine("computing the map", isQuiet: drawing.quiet)
        // Also before an error.
        defer { waiting.clear() }
        let map =
            kind == .difference
            ? try Heatmap(difference: metric, from: sources[0], to: sources[1])
            : try Heatmap(attention: kind, of: metric, in: sources)
        waiting.clear()
        try drawing.write(map)
    }
}

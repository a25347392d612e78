import ArgumentParser
import DreamSim
import Foundation

struct HeatmapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heatmap", abstract: "Draw where two images differ, or what a model looks at.",
        discussion: """
            The image shows the images and, over the second one, how much each place adds to the difference. Models of \
            vision transformers tell it by the cosine distance of their patch tokens after the last block; the pixel metrics \
            by the pixels. With --kind rollout or attention it shows what the model's class token attends to, in one image or \
            in two; that says where information is taken from, not what is made of it.

            EXAMPLES
              dreamsim heatmap original.jpg edited.jpg -o difference.png
              dreamsim heatmap original.jpg edited.jpg -o overlay.png --layout overlay --max 0.5 --map values.npy
              dreamsim heatmap photo.jpg -o attention.png --kind rollout
              dreamsim heatmap original.jpg edited.jpg -o difference.png --mask face.png
            """)

    @Argument(help: "The image that the other is compared with; for attention, an image to look at.")
    var reference: ImagePath

    @Argument(help: "The image over which the map is drawn; for attention, another image if wanted.")
    var image: ImagePath?

    @Option(help: "What is drawn: difference, rollout (attention through all blocks) or attention (of the last block).")
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
        try drawing.write(
            kind == .difference
                ? try Heatmap(difference: metric, from: sources[0], to: sources[1])
                : try Heatmap(attention: kind, of: metric, in: sources))
    }
}

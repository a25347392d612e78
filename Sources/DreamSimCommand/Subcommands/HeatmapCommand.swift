import ArgumentParser
import DreamSim
import Foundation

struct HeatmapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heatmap", abstract: "Draw where two images differ, or what a model looks at.",
        discussion: """
            The picture shows the images and, over the second one, how much each place adds to the difference. Models of \
            vision transformers tell it by the cosine distance of their patch tokens after the last block; the pixel metrics \
            by the pixels.

            EXAMPLES
              dreamsim heatmap original.jpg edited.jpg -o difference.png
              dreamsim heatmap original.jpg edited.jpg -o overlay.png --layout overlay --max 0.5 --map values.npy
            """)

    @Argument(help: "The image that the other is compared with.")
    var reference: ImagePath

    @Argument(help: "The image over which the map is drawn.")
    var image: ImagePath?

    @OptionGroup var metric: MapMetricOptions
    @OptionGroup var drawing: MapDrawingOptions

    func validate() throws {
        try drawing.checkOutputs(against: [reference, image].compactMap(\.self))
        guard image != nil else { throw ValidationError("give two images to compare") }
    }

    func run() async throws {
        let metric = try await metric.load(quiet: drawing.quiet)
        let decoding = self.metric.model.preprocessing.decoding
        let sources = try [reference, image].compactMap(\.self).map { try Heatmap.Source($0, options: decoding) }
        try drawing.write(try Heatmap(difference: metric, from: sources[0], to: sources[1]))
    }
}

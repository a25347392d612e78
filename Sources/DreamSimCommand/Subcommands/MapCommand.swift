import ArgumentParser
import DreamSimRetrieval
import Foundation

struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Draw a projection of an index in which similar images lie close together.",
        discussion: """
            A UMAP projection of the embeddings, initialized with their principal components. Only neighborhoods have a \
            meaning, not the axes. The same seed gives the same projection. Coordinates go to standard output when no file is \
            written. Over more than 200,000 images it needs the graph of 'dreamsim index graph'.

            EXAMPLES
              dreamsim map -o map.png
              dreamsim map --html map.html
              dreamsim map photos/2024 -o map.png --dark --neighbors 30
              dreamsim map --format csv > places.csv
            """)

    @Argument(help: "Folders to include. (default: the whole index)")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Image to write (.png or .jpg).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("Write an interactive page.", valueName: "file"), completion: .file())
    var html: String?

    @Option(help: "Output format of the coordinates.")
    var format: OutputFormat?

    @Option(help: ArgumentHelp("Number of neighbors (UMAP's n_neighbors).", valueName: "n"))
    var neighbors: Int = ProjectionOptions().neighbors

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Side of the image.", valueName: "pixels"))
    var size: Int = ProjectionDrawing().side

    @Option(help: ArgumentHelp("Maximum number of thumbnails; other images are dots.", valueName: "n"))
    var thumbnails: Int = 2000

    @Flag(help: "Use a dark background.")
    var dark = false

    @OptionGroup var threads: ThreadOptions

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func validate() throws {
        guard (2...1000).contains(neighbors) else { throw ValidationError("--neighbors must be from 2 to 1000") }
        guard (200...20_000).contains(size) else { throw ValidationError("--size must be from 200 to 20000") }
        guard (0...100_000).contains(thumbnails) else { throw ValidationError("--thumbnails must be from 0 to 100000") }
        try OutputFiles([("--output", output, OutputFiles.drawings), ("--html", html, OutputFiles.pages)]).checkNames()
    }

    func run() throws {
        threads.apply()
        let reader = try IndexReader(index.url)
        try reader.protectImages(from: output)
        var options = ProjectionOptions()
        (options.neighbors, options.seed, options.folders) = (neighbors, seed, folders)
        var progress = LateProgressLine(unit: "neighbors", isQuiet: quiet)
        var what = "neighbors"
        let map = try reader.map(options) { now, done, total in
            if now != what {
                progress.clear()
                (progress, what) = (LateProgressLine(unit: now, isQuiet: quiet), now)
            }
            progress.show(done, of: total)
        }
        progress.clear()
        let decoding = reader.settings.stamp.preprocessing.decoding
        if let output {
            var drawing = ProjectionDrawing()
            (drawing.side, drawing.images, drawing.isDark) = (size, thumbnails, dark)
            try map.drawn(drawing, decoding: decoding).write(to: URL(filePath: output))
        }
        if let html {
            try WholeFile.write(
                ProjectionPage(map, images: thumbnails, decoding: decoding).html(), to: URL(filePath: html))
        }
        if format != nil || (output == nil && html == nil) {
            Terminal.write(try MapOutput(report: map).text(format ?? .table, quiet: false))
        }
    }
}

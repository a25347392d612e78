import ArgumentParser
import DreamSim
import DreamSimRetrieval
import Foundation

struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Draw a map of an index, on which images that look alike lie near each other.",
        discussion: """
            Begins with the two main directions of the vectors and moves images until near neighbors lie together \
            (UMAP). Only nearness has a meaning, not the axes. The same seed gives the same map. Over more than 200,000 \
            images it needs the graph of 'dreamsim index graph'.

            EXAMPLES
              dreamsim map -o map.png
              dreamsim map --html map.html
              dreamsim map photos/2024 -o map.png --dark --neighbors 30
              dreamsim map --format csv > places.csv
            """)

    @Argument(help: "Only images in these folders; by default all of the index.")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The image to draw (.png or .jpg).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("A page that can be moved and zoomed.", valueName: "file"), completion: .file())
    var html: String?

    @Option(help: "How the places are written to standard output; by default only when neither file is asked for.")
    var format: OutputFormat?

    @Option(help: ArgumentHelp("How many neighbors are to lie near, from 2 to 1000.", valueName: "n"))
    var neighbors: Int = ProjectionOptions().neighbors

    @Option(help: ArgumentHelp("Another seed gives another map.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("The side of the image in pixels.", valueName: "pixels"))
    var size: Int = ProjectionDrawing().side

    @Option(help: ArgumentHelp("The most small images on the map; the others are dots.", valueName: "n"))
    var images: Int = 2000

    @Flag(help: "Draw on a dark ground; the page follows the browser.")
    var dark = false

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    @Flag(name: .shortAndLong, help: "No progress and no notes; only results and errors.")
    var quiet = false

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
        guard (2...1000).contains(neighbors) else { throw ValidationError("--neighbors must be from 2 to 1000") }
        guard (200...20_000).contains(size) else { throw ValidationError("--size must be from 200 to 20000") }
        guard (0...100_000).contains(images) else { throw ValidationError("--images must be from 0 to 100000") }
        if let output, !["png", "jpg", "jpeg"].contains(URL(filePath: output).pathExtension.lowercased()) {
            throw ValidationError("--output \(output): the extension must be .png or .jpg")
        }
    }

    func run() throws {
        if let threads { PerceptualModel.threads = threads }
        let reader = try IndexReader(index.url)
        try reader.protectImages(from: output, html)
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
            (drawing.side, drawing.images, drawing.isDark) = (size, images, dark)
            try map.drawn(drawing, decoding: decoding).write(to: URL(filePath: output))
        }
        if let html {
            try WholeFile.write(ProjectionPage(map, images: images, decoding: decoding).html(), to: URL(filePath: html))
        }
        if format != nil || (output == nil && html == nil) {
            Terminal.write(try MapOutput(map: map, format: format ?? .table).text())
        }
    }
}

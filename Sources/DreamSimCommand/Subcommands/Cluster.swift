public import ArgumentParser
import DreamSim
public import DreamSimRetrieval
import Foundation

struct Cluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the images of an index into clusters of alike ones.",
        discussion: """
            k-means makes as many clusters as are asked for. linkage joins the nearest clusters by the mean distance of \
            their images, up to --distance or down to --count; many images may stay alone. Each cluster begins with the \
            image nearest to its center. The same seed gives the same clusters. linkage over more than 200,000 images \
            needs the graph of 'dreamsim index graph'.

            EXAMPLES
              dreamsim cluster -n 40 --html clusters.html
              dreamsim cluster --method linkage --distance 0.3
              dreamsim cluster photos/2024 --format csv
            """)

    @Argument(help: "Only images in these folders; by default all of the index.")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(help: "By which rule.")
    var method: ClusterOptions.Method = .kMeans

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("How many clusters; for k-means by default the root of half the images.", valueName: "n"))
    var count: Int?

    @Option(
        help: ArgumentHelp(
            "Up to which mean distance linkage joins; by default half of the median distance between images.",
            valueName: "distance"))
    var distance: Double?

    @Option(help: ArgumentHelp("Another seed gives k-means other centers to begin with.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many neighbors of each image linkage considers.", valueName: "n"))
    var neighbors: Int = ClusterOptions().neighbors

    @Option(
        help: ArgumentHelp("Also write the clusters as a page of images.", valueName: "file"), completion: .file())
    var html: String?

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
        if let distance, !(0...2).contains(distance) { throw ValidationError("--distance must be from 0 to 2") }
        if distance != nil && method == .kMeans { throw ValidationError("--distance goes with --method linkage") }
        guard (1...1000).contains(neighbors) else { throw ValidationError("--neighbors must be from 1 to 1000") }
    }

    func run() throws {
        if let threads { PerceptualModel.threads = threads }
        let reader = try IndexReader(index.url)
        try reader.protectImages(from: html)
        var options = ClusterOptions(method)
        (options.count, options.distance, options.seed) = (count, distance, seed)
        (options.neighbors, options.folders) = (neighbors, folders)
        let progress = LateProgressLine(unit: method == .kMeans ? "centers" : "images", isQuiet: output.quiet)
        let report = try reader.clusters(options) { progress.show($0, of: $1) }
        progress.clear()
        Terminal.write(try ClusterOutput(report: report, options: output).text())
        report.notes.forEach(Terminal.note)
        if let html {
            let page = GalleryPage(report, decoding: reader.settings.stamp.preprocessing.decoding)
            try WholeFile.write(page.html(), to: URL(filePath: html))
        }
    }
}

extension ClusterOptions.Method: ExpressibleByArgument {}

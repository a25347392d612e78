import ArgumentParser
public import DreamSimRetrieval
import Foundation

struct Cluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Cluster the images of an index.",
        discussion: """
            k-means makes --clusters clusters (by default the square root of half the number of images). linkage is \
            agglomerative clustering with average linkage; it stops at --distance (by default half of the median distance) or \
            at --clusters, and may leave single images. The image nearest to a cluster's center comes first. Results depend on \
            the seed only. Over more than 200,000 images linkage needs the graph of 'dreamsim index graph'.

            EXAMPLES
              dreamsim cluster --clusters 40 --html clusters.html
              dreamsim cluster --method linkage --distance 0.3
              dreamsim cluster photos/2024 --format csv
            """)

    @Argument(help: "Folders to include. (default: the whole index)")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(help: "Clustering algorithm.")
    var method: ClusterOptions.Method = .kMeans

    @Option(name: .customLong("clusters"), help: ArgumentHelp("Number of clusters.", valueName: "n"))
    var count: Int?

    @Option(help: ArgumentHelp("Maximum mean distance that linkage joins.", valueName: "distance"))
    var distance: Double?

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Neighbors of each image that linkage considers.", valueName: "n"))
    var neighbors: Int = ClusterOptions().neighbors

    @Option(help: ArgumentHelp("Write the clusters as a page of images.", valueName: "file"), completion: .file())
    var html: String?

    @OptionGroup var threads: ThreadOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let outputs = OutputFiles([("--html", html, OutputFiles.pages)])
        try outputs.checkNames()
        if let count, count < 1 { throw ValidationError("--clusters must be at least 1") }
        if let distance, !(0...2).contains(distance) { throw ValidationError("--distance must be from 0 to 2") }
        if distance != nil && method == .kMeans { throw ValidationError("--distance goes with --method linkage") }
        guard method == .linkage || neighbors == ClusterOptions().neighbors else {
            throw ValidationError("--neighbors is for --method linkage; k-means looks at none")
        }
        guard (1...1000).contains(neighbors) else { throw ValidationError("--neighbors must be from 1 to 1000") }
    }

    func run() throws {
        threads.apply()
        let reader = try IndexReader(index.url)
        var options = ClusterOptions(method)
        (options.count, options.distance, options.seed) = (count, distance, seed)
        (options.neighbors, options.folders) = (neighbors, folders)
        let progress = LateProgressLine(unit: method == .kMeans ? "centers" : "images", isQuiet: output.quiet)
        let report = try reader.clusters(options) { progress.show($0, of: $1) }
        progress.clear()
        Terminal.write(try ClusterOutput(report: report).text(output))
        report.notes.forEach(Terminal.note)
        if let html {
            let page = GalleryPage(report, decoding: reader.settings.stamp.preprocessing.decoding)
            try WholeFile.write(page.html(), to: URL(filePath: html))
        }
    }
}

extension ClusterOptions.Method: ExpressibleByArgument {}

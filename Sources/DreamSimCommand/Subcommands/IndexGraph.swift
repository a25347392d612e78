import ArgumentParser
import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation

struct IndexGraph: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Build the graph of neighbors, for approximate searches in very large indices.",
        discussion: """
            Exact searches need no graph, and up to about a million images they take a fraction of a second. The graph \
            (HNSW) leads to few of the vectors; 'dreamsim index check --recall' measures how much it finds. Images that \
            come to the index later are compared one by one until the graph is built again.

            EXAMPLES
              dreamsim index graph
              dreamsim index graph --index images.index --links 24 --effort 300
              dreamsim search photo.jpg --approximate
              dreamsim index graph --delete
            """)

    @OptionGroup var index: IndexOptions

    @Option(help: ArgumentHelp("How many links an image gets (HNSW's M), from 2 to 256.", valueName: "n"))
    var links: Int = NeighborOptions().links

    @Option(
        help: ArgumentHelp("How many candidates are kept while links are looked for (efConstruction).", valueName: "n"))
    var effort: Int = NeighborOptions().effort

    @Flag(help: "Remove the graph; the index itself stays.")
    var delete = false

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    @OptionGroup var output: ReportOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
        guard (2...256).contains(links) else { throw ValidationError("--links must be from 2 to 256") }
        guard (links...100_000).contains(effort) else {
            throw ValidationError("--effort must be from --links to 100000")
        }
    }

    func run() throws {
        if let threads { PerceptualModel.threads = threads }
        let reader = try IndexReader(index.url)
        if delete {
            let wasThere = try reader.deleteNeighbors()
            if !output.quiet { Terminal.note(wasThere ? "the graph was removed" : "there was no graph") }
            return
        }
        var options = NeighborOptions()
        (options.links, options.effort) = (links, effort)
        let interruption = Interruption()
        let progress = LateProgressLine(unit: "vectors", isQuiet: output.quiet)
        let start = ContinuousClock.now
        let built = try reader.buildNeighbors(options, isCancelled: { interruption.isRequested }) {
            progress.show($0, of: $1)
        }
        progress.clear()
        guard let built else {
            Terminal.note("interrupted; nothing was written")
            Terminal.exit(.interrupted)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let text =
            "\(built.vectors) vectors with \(built.links) links each in \(String(format: "%.1f", seconds)) s, "
            + String(format: "%.1f MB\n", Double(built.bytes) / 1e6)
        Terminal.write(output.format == .json ? try JSON.text(built) + "\n" : text)
    }
}

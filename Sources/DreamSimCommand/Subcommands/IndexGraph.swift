import ArgumentParser
import DreamSimRetrieval
import Foundation

struct IndexGraph: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Build the nearest-neighbor graph for approximate searches.",
        discussion: """
            Exact searches need no graph and take a fraction of a second for up to about a million images. A search of the \
            graph (HNSW) compares only a few vectors; 'dreamsim index check --recall' measures what it finds. Images indexed \
            later are searched exactly until the graph is built again.

            EXAMPLES
              dreamsim index graph
              dreamsim index graph --index images.index --links 24 --effort 300
              dreamsim search photo.jpg --approximate
              dreamsim index graph --delete
            """)

    @OptionGroup var index: IndexOptions

    @Option(help: ArgumentHelp("Links per image (HNSW's M).", valueName: "n"))
    var links: Int = NeighborOptions().links

    @Option(help: ArgumentHelp("Candidates while building (HNSW's efConstruction).", valueName: "n"))
    var effort: Int = NeighborOptions().effort

    @Flag(help: "Delete the graph and keep the index.")
    var delete = false

    @OptionGroup var threads: ThreadOptions

    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (2...256).contains(links) else { throw ValidationError("--links must be from 2 to 256") }
        guard (links...100_000).contains(effort) else {
            throw ValidationError("--effort must be from --links to 100000")
        }
    }

    func run() throws {
        threads.apply()
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
            Terminal.exit(interruption.code)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let text =
            "\(built.vectors) vectors with \(built.links) links each in \(String(format: "%.1f", seconds)) s, "
            + String(format: "%.1f MB\n", Double(built.bytes) / 1e6)
        Terminal.write(output.format == .json ? try JSON.text(built) + "\n" : text)
    }
}

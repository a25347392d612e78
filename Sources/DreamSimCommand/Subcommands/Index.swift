import ArgumentParser
import DreamSim
import Foundation
import Retrieval

struct Index: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make or update an index of folders of images, for search and dedupe.",
        discussion: """
            Folders are searched through and through. Files that have not changed are skipped, moved ones recognised by \
            their content, those that are gone dropped; those that cannot be read are listed with the reason. What is \
            done is kept when the command is interrupted, and the same command goes on from there. Without folders, \
            those of the last times are brought up to date.

            EXAMPLES
              dreamsim index photos/
              dreamsim index photos/ scans/ --index pictures.index --model vits14-focus
              dreamsim index photos/ --include '*.jpg' --exclude '*/thumbnails'
              dreamsim index --index pictures.index
            """)

    @Argument(help: "Folders, or images.")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(help: ArgumentHelp("Only files that match this pattern of * and ? (repeatable).", valueName: "pattern"))
    var include: [String] = []

    @Option(help: ArgumentHelp("No files or folders that match this pattern (repeatable).", valueName: "pattern"))
    var exclude: [String] = []

    @Flag(inversion: .prefixedNo, help: "Follow links; no folder is entered twice.")
    var links = true

    @Flag(help: "Drop all entries of a folder that holds no image any more.")
    var prune = false

    @Flag(help: "Try again to read files that failed before, also when they have not changed.")
    var retry = false

    @Flag(help: "First compare every vector with its checksum; damaged ones are made anew.")
    var verify = false

    @Option(help: "How vectors are kept in a new index: float16 takes half the space and time.")
    var vectors: VectorPrecision?

    @Option(help: ArgumentHelp("The number of images that pass the model together.", valueName: "n"))
    var batch: Int = 8

    @OptionGroup var model: ModelOptions
    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (1...1024).contains(batch) else { throw ValidationError("--batch must be from 1 to 1024") }
    }

    func run() async throws {
        let made = try IndexReader.settings(of: index.url)
        if folders.isEmpty && made == nil {
            throw ValidationError("name a folder: there is no index in \(index.path) yet")
        }
        let loaded = try await model.load(for: made, quiet: output.quiet)
        let writer = try IndexWriter(
            index.url,
            settings: IndexSettings(
                loaded, source: model.source, feature: model.feature,
                precision: vectors ?? made?.precision ?? .float16))
        writer.notes.forEach(Terminal.note)
        if verify {
            let damaged = try writer.verify()
            if damaged > 0 { Terminal.note("\(index.path): \(damaged) vectors were damaged and are made anew") }
        }
        let interruption = Interruption()
        let progress = LateProgressLine(unit: "images", isQuiet: output.quiet)
        let roots = folders.isEmpty || verify ? try writer.roots() + folders : folders
        let report = try writer.update(
            roots, with: loaded, options: options, isCancelled: { interruption.isRequested }
        ) { event in
            switch event {
            case .progress(let done, let total): progress.show(done, of: total)
            case .failure(let path, let reason): Terminal.error("\(path): \(reason)")
            case .note(let text): Terminal.note(text)
            }
        }
        progress.clear()
        Terminal.write(try IndexingOutput(report: report, options: output, index: index.path).text())
        if !report.isComplete {
            Terminal.note("interrupted; what is done is kept, and the same command goes on from there")
            Terminal.exit(.interrupted)
        }
        if report.newFailures > 0 { Terminal.exit(.trouble) }
    }

    private var options: IndexingOptions {
        var options = IndexingOptions()
        options.finder.included = include
        options.finder.excluded = exclude
        options.finder.followsLinks = links
        options.batch = batch
        options.retriesFailures = retry
        options.emptiesFolders = prune
        return options
    }
}

import ArgumentParser
import DreamSim
import DreamSimRetrieval
import Foundation

struct IndexUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Make or update an index of folders of images; this is what 'dreamsim index' does by itself.",
        discussion: """
            Folders are searched through and through. Files that have not changed are skipped, moved ones recognized by \
            their content, those that are gone dropped; those that cannot be read are listed with the reason. What is \
            done is kept when the command is interrupted, and the same command goes on from there. Without folders, \
            those of the last times are brought up to date.

            EXAMPLES
              dreamsim index photos/
              dreamsim index photos/ scans/ --index images.index --model vits14-focus
              dreamsim index photos/ --include '*.jpg' --exclude '*/thumbnails'
              dreamsim index --index images.index
              dreamsim index photos/ --watch
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

    @Flag(help: "Stay and keep the index up to date, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("With --watch, look for changes every so many seconds.", valueName: "seconds"))
    var every: Double = 5

    @Option(help: "How vectors are kept in a new index: float16 takes half the space and time.")
    var vectors: VectorPrecision?

    @Option(help: ArgumentHelp("The number of images that pass the model together.", valueName: "n"))
    var batch: Int = 8

    @OptionGroup var model: ModelOptions
    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (1...1024).contains(batch) else { throw ValidationError("--batch must be from 1 to 1024") }
        guard (0.1...86_400).contains(every) else { throw ValidationError("--every must be from 0.1 to 86400") }
    }

    func run() async throws {
        let made = try IndexReader.settings(of: index.url)
        if folders.isEmpty && made == nil {
            throw ValidationError("name a folder: there is no index in \(index.path) yet")
        }
        let (loaded, settings) = try await model.load(for: made, vectors: vectors, quiet: output.quiet)
        // Before there is an index: from then on a signal ends with a report.
        let interruption = Interruption()
        let writer = try IndexWriter(index.url, settings: settings)
        try writer.remember(settings)
        writer.notes.forEach(Terminal.note)
        if verify {
            let damaged = try writer.verify()
            if damaged > 0 { Terminal.note("\(index.path): \(damaged) vectors were damaged and are made anew") }
        }
        let roots = folders.isEmpty || verify ? try writer.roots() + folders : folders
        let complaints = Complaints()
        var isFirst = true
        repeat {
            let report = try update(writer, roots, loaded, interruption, complaints)
            // While it watches, only what has changed is worth a report.
            if isFirst || report.hasChanges {
                Terminal.write(try IndexingOutput(report: report, options: output, index: index.path).text())
            }
            if !watch && report.isComplete && report.newFailures > 0 { Terminal.exit(.trouble) }
            if !watch && !report.isComplete {
                Terminal.note("interrupted; what is done is kept, and the same command goes on from there")
                Terminal.exit(.interrupted)
            }
            isFirst = false
        } while watch && interruption.isAbsent(for: every)
    }

    private func update(
        _ writer: IndexWriter, _ roots: [ImagePath], _ model: PerceptualModel, _ interruption: Interruption,
        _ complaints: Complaints
    ) throws -> IndexingReport {
        let progress = LateProgressLine(unit: "images", isQuiet: output.quiet)
        defer { progress.clear() }
        return try writer.update(
            roots, with: model, options: options, isCancelled: { interruption.isRequested }
        ) { event in
            switch event {
            case .progress(let done, let total): progress.show(done, of: total)
            case .failure(let path, let reason): complaints.once("\(path): \(reason)", Terminal.error)
            case .note(let text): complaints.once(text, Terminal.note)
            }
        }
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

/// What was said already, so that a command that stays does not repeat itself.
private final class Complaints {
    private var said: Set<String> = []

    func once(_ text: String, _ say: (String) -> Void) {
        if said.insert(text).inserted { say(text) }
    }
}

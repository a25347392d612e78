import ArgumentParser
import DreamSimRetrieval
import Foundation

struct IndexUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Create or update an index of images (the default of 'dreamsim index').",
        discussion: """
            Folders are searched recursively. Unchanged files are skipped, moved files are recognized by their content, \
            deleted files are dropped, and unreadable files are listed with the reason. An interrupted command resumes when it \
            is given again. Without folders, the indexed ones are updated. float16 halves the size and the search time.

            EXAMPLES
              dreamsim index photos/
              dreamsim index photos/ scans/ --index images.index --model vits14-focus
              dreamsim index photos/ --include '*.jpg' --exclude '*/thumbnails'
              dreamsim index --index images.index
              dreamsim index photos/ --watch
            """)

    @Argument(help: "Folders or images to index.")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(help: ArgumentHelp("Include only files that match this pattern (repeatable).", valueName: "pattern"))
    var include: [String] = []

    @Option(help: ArgumentHelp("Exclude files and folders that match this pattern (repeatable).", valueName: "pattern"))
    var exclude: [String] = []

    @Flag(inversion: .prefixedNo, help: "Follow symbolic links.")
    var followLinks = true

    @Flag(help: "Drop the entries of folders that hold no images.")
    var prune = false

    @Flag(help: "Retry unchanged files that failed before.")
    var retry = false

    @Flag(help: "Verify checksums and embed damaged entries again.")
    var verify = false

    @Flag(help: "Watch the folders and update the index until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("Interval of --watch.", valueName: "seconds"))
    var every: Double = 5

    @Option(help: "Precision of the vectors in a new index.")
    var vectorPrecision: VectorPrecision?

    @OptionGroup var batch: BatchOptions

    @OptionGroup var model: ModelOptionsWith<IndexDefault>
    @OptionGroup var output: ReportOptions

    func validate() throws {
        guard (0.1...86_400).contains(every) else { throw ValidationError("--every must be from 0.1 to 86400") }
    }

    func run() async throws {
        let made = try IndexReader.settings(of: index.url)
        if folders.isEmpty && made == nil {
            throw ValidationError("name a folder: there is no index in \(index.path) yet")
        }
        let (loaded, settings) = try await model.load(for: made, vectors: vectorPrecision, quiet: output.quiet)
        // Before there is an index: from then on a signal ends with a report.
        let interruption = Interruption()
        let writer = try IndexWriter(index.url, settings: settings)
        try writer.remember(settings)
        writer.notes.forEach(Terminal.note)
        if verify {
            let damaged = try writer.verify()
            if damaged > 0 { Terminal.note("\(index.path): \(damaged) vectors were damaged and are embedded again") }
        }
        let roots = folders.isEmpty || verify ? try writer.roots() + folders : folders
        let messages = Messages()
        var isFirst = true
        repeat {
            let report = try update(writer, roots, loaded, interruption, messages)
            // While it watches, only what has changed is worth a report.
            if isFirst || report.hasChanges {
                Terminal.write(try IndexingOutput(report: report, options: output, index: index.path).text())
            }
            if isFirst && report.images == 0 && report.failures.isEmpty {
                Terminal.note(
                    "no image was found in \(roots.map(\.description).joined(separator: ", ")); looked for are "
                        + ImageFinder.extensions.sorted().map { "." + $0 }.joined(separator: ", "))
            }
            if !watch && report.isComplete && report.newFailures > 0 { Terminal.exit(.failed) }
            if !watch && !report.isComplete {
                Terminal.note("interrupted; what is done is kept, and the same command resumes")
                Terminal.exit(.interrupted)
            }
            isFirst = false
        } while watch && interruption.isAbsent(for: every)
    }

    private func update(
        _ writer: IndexWriter, _ roots: [ImagePath], _ model: any EmbeddingMetric, _ interruption: Interruption,
        _ messages: Messages
    ) throws -> IndexingReport {
        let progress = LateProgressLine(unit: "images", isQuiet: output.quiet)
        defer { progress.clear() }
        return try writer.update(
            roots, with: model, options: options, isCancelled: { interruption.isRequested }
        ) { event in
            switch event {
            case .progress(let done, let total): progress.show(done, of: total)
            case .failure(let path, let reason): messages.once("\(path): \(reason)", Terminal.error)
            case .note(let text): messages.once(text, Terminal.note)
            case .finished: break
            }
        }
    }

    private var options: IndexingOptions {
        var options = IndexingOptions()
        options.finder.included = include
        options.finder.excluded = exclude
        options.finder.followsLinks = followLinks
        options.batch = batch.size
        options.retriesFailures = retry
        options.emptiesFolders = prune
        return options
    }
}

/// What was said already, so that a command that stays does not repeat itself.
private final class Messages {
    private var said: Set<String> = []

    func once(_ text: String, _ say: (String) -> Void) {
        if said.insert(text).inserted { say(text) }
    }
}

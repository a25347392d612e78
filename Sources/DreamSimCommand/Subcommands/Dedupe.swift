import ArgumentParser
import DreamSimRetrieval
import Foundation

struct Dedupe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dedupe",
        abstract: "Find duplicate images in an index.",
        discussion: """
            Tiers, from the strictest, each including those before it: identical-bytes; identical-pixels; re-encoded (the \
            same image compressed again or resized, as far as can be told: a small spot of another color is not seen); near \
            (edited lightly, turned, mirrored, or taken a moment later); scene (probably the same scene). Review near and \
            scene by eye.

            Re-encoded copies, and most near ones, are found by perceptual hashes (PDQ), whatever the index's model is; of \
            an index made with --model pdq all are. Other near copies and scenes are found by the model's distance, with \
            thresholds that are the same in every collection: those of its calibration. lite and vits14-focus are \
            calibrated, others by 'dreamsim calibrate FOLDER'. --threshold-from uses a threshold between same and different \
            for near: 'profile' for the cached one, or a file.

            A group is a file that is kept and all that is near it. The copy to keep has the most pixels, then a lossless \
            format, the largest file, is the oldest, has the shortest path; --keep puts other rules first, --prefer overrides \
            all. Links are listed, and never moved. Files are moved only with --apply, and never deleted. Beyond 200,000 images the \
            model's search is approximate where there is a graph.

            EXAMPLES
              dreamsim dedupe
              dreamsim dedupe photos/ --tier near --html groups.html
              dreamsim dedupe --keep largest,newest --prefer originals/
              dreamsim dedupe incoming/ --against archive/ --format csv
              dreamsim dedupe --apply duplicates/       # moves all but the best copies there
              dreamsim dedupe --undo duplicates/undo.json
            """)

    @Argument(help: "Folders to include. (default: the whole index)")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(help: "Loosest tier of duplicates to find.")
    var tier: DuplicateTier = .reencoded

    @Option(help: ArgumentHelp("Maximum distance of near duplicates.", valueName: "distance"))
    var nearDistance: Double?

    @Option(
        help: ArgumentHelp("Use the calibrated threshold of this profile for near.", valueName: "profile|file"),
        completion: .file())
    var thresholdFrom: String?

    @Option(help: ArgumentHelp("Maximum distance of images of one scene.", valueName: "distance"))
    var sceneDistance: Double?

    @Option(
        help: ArgumentHelp("Folder whose duplicates to find; its images stay (repeatable).", valueName: "dir"),
        completion: .directory)
    var against: [ImagePath] = []

    @Option(
        help: ArgumentHelp(
            "Rules for the copy to keep: \(KeepRule.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "rules"))
    var keep: KeepRules?

    @Option(help: ArgumentHelp("Folder whose copies to prefer (repeatable, best first).", valueName: "dir"))
    var prefer: [ImagePath] = []

    @Option(
        help: ArgumentHelp("Move duplicates to this new folder, with an undo file.", valueName: "dir"),
        completion: .directory)
    var apply: String?

    @Option(help: ArgumentHelp("Move files back as this undo file says.", valueName: "file"), completion: .file())
    var undo: String?

    @Option(help: ArgumentHelp("Write the groups as a page of images.", valueName: "file"), completion: .file())
    var html: String?

    @Flag(inversion: .prefixedNo, help: "Find pairs approximately by the nearest-neighbor graph.")
    var approximate: Bool?

    @OptionGroup var threads: ThreadOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let outputs = OutputFiles([("--html", html, OutputFiles.pages)])
        try outputs.checkNames()
        if nearDistance != nil && thresholdFrom != nil {
            throw ValidationError("--near-distance and --threshold-from cannot be given together")
        }
        if undo != nil && apply != nil { throw ValidationError("--undo and --apply cannot be given together") }
        for distance in [nearDistance, sceneDistance] {
            if let distance, !(0...2).contains(distance) { throw ValidationError("distances must be from 0 to 2") }
        }
    }

    func run() throws {
        threads.apply()
        if let undo { return try finish(DuplicateMover.undo(URL(filePath: undo)), "moved back") }
        let reader = try IndexReader(index.url)
        if !output.quiet { try reader.noteUnknown(folders + against + prefer, index: index.path) }
        let store = ModelStore(try .fromEnvironment())
        var options = DuplicateOptions(
            tier: tier,
            thresholds: try reader.duplicateThresholds(
                for: tier, in: store, near: nearDistance ?? calibratedDistance(reader.settings.stamp, store),
                scene: sceneDistance)
        )
        options.keep = keep?.rules ?? []
        (options.folders, options.against, options.preferred) = (folders, against, prefer)
        options.isApproximate = approximate
        let progress = LateProgressLine(unit: "images", isQuiet: output.quiet)
        let report = try reader.duplicates(options) { progress.show($0, of: $1) }
        progress.clear()
        Terminal.write(try DuplicateOutput(report: report).text(output))
        if !output.quiet { DuplicateOutput.notes(report).forEach(Terminal.note) }
        if let html {
            let page = GalleryPage(report, decoding: reader.settings.stamp.preprocessing.decoding)
            try WholeFile.write(page.html(), to: URL(filePath: html))
        }
        if let apply { try finish(DuplicateMover.move(report, of: reader, to: URL(filePath: apply)), "moved") }
    }

    /// The distance at which pairs stop being the same, where `--threshold-from` asks for it.
    private func calibratedDistance(_ stamp: ModelStamp, _ store: ModelStore) throws -> Double? {
        guard let thresholdFrom else { return nil }
        let own = MetricColumn(stamp).identity
        let identity = thresholdFrom == "profile" ? MetricProfile.applicable(own, in: store) : own
        let url =
            thresholdFrom == "profile"
            ? MetricProfile.url(of: identity, in: store) : URL(filePath: thresholdFrom)
        return try MetricProfile(contentsOf: url, of: identity).requireThreshold(url).value
    }

    private func finish(_ outcome: DuplicateMover.Outcome, _ verb: String) throws {
        for failure in outcome.failures { Terminal.error("\(failure.image): \(failure.error)") }
        if !output.quiet {
            Terminal.note("\(outcome.moved) \(outcome.moved == 1 ? "file was" : "files were") \(verb)")
            if undo == nil, outcome.moved > 0 {
                Terminal.note("'dreamsim dedupe --undo \(outcome.undo)' moves them back")
            }
            if outcome.moved > 0 {
                Terminal.note("the index still knows them where they were; 'dreamsim index' brings it up to date")
            }
        }
        if !outcome.failures.isEmpty { Terminal.exit(.failed) }
    }
}

/// Rules by which the copy that is kept is chosen.
struct KeepRules: ExpressibleByArgument {
    let rules: [KeepRule]

    init?(argument: String) {
        let names = argument.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        rules = names.compactMap(KeepRule.init)
        guard rules.count == names.count, !rules.isEmpty, Set(rules).count == rules.count else { return nil }
    }
}

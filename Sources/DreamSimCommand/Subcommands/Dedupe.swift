import ArgumentParser
import DreamSim
import DreamSimRetrieval
import Foundation

struct Dedupe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find images that an index holds more than once. Nothing is ever deleted.",
        discussion: """
            Tiers, from the closest on, each with the closer ones: identical-bytes; identical-pixels; re-encoded \
            (compressed again or resized: hardly any distance, the same proportions); near (edited a little, or taken a \
            moment later); scene (probably the same scene). Similar is not duplicate: near and scene are for looking \
            at. Unless they are given, the tiers' distances are 0.02, 0.1 and 0.3 of the median distance between the \
            index's images, because models differ. --threshold-from takes the distance of near from what 'dreamsim \
            calibrate' found on labelled pairs.

            In a group every pair is within the tier's threshold, so that nothing chains. The copy that is kept is the \
            one with the most pixels, then the largest file, the oldest, the shortest path; --prefer comes before all.

            EXAMPLES
              dreamsim dedupe
              dreamsim dedupe photos/ --tier near --html groups.html
              dreamsim dedupe incoming/ --against archive/ --format csv
              dreamsim dedupe --apply duplicates/       # moves all but the best copies there
              dreamsim dedupe --undo duplicates/undo.json
            """)

    @Argument(help: "Only images in these folders; by default all of the index.")
    var folders: [ImagePath] = []

    @OptionGroup var index: IndexOptions

    @Option(help: "The loosest tier that is looked for.")
    var tier: DuplicateTier = .reencoded

    @Option(help: ArgumentHelp("Up to which distance images count as re-encoded.", valueName: "distance"))
    var reencodedDistance: Double?

    @Option(help: ArgumentHelp("Up to which distance images count as near.", valueName: "distance"))
    var nearDistance: Double?

    @Option(
        help: ArgumentHelp(
            "Take the distance of near from 'dreamsim calibrate': 'profile' for the one that was kept in the cache, or the file it was written to.",
            valueName: "profile|file"),
        completion: .file())
    var thresholdFrom: String?

    @Option(help: ArgumentHelp("Up to which distance images count as the same scene.", valueName: "distance"))
    var sceneDistance: Double?

    @Option(
        help: ArgumentHelp(
            "Find the duplicates of images in this folder, which are kept (repeatable).", valueName: "dir"),
        completion: .directory)
    var against: [ImagePath] = []

    @Option(help: ArgumentHelp("Rather keep copies in this folder (repeatable, best first).", valueName: "dir"))
    var prefer: [ImagePath] = []

    @Option(
        help: ArgumentHelp("Move all but the kept copies to this new folder, with an undo file.", valueName: "dir"),
        completion: .directory)
    var apply: String?

    @Option(
        help: ArgumentHelp("Move files back, as the undo file says, and do nothing else.", valueName: "file"),
        completion: .file())
    var undo: String?

    @Option(help: ArgumentHelp("Also write the groups as a page of images.", valueName: "file"), completion: .file())
    var html: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Look for pairs by the graph of 'dreamsim index graph', which may miss some; by default beyond 200,000 images, where there is one."
    )
    var approximate: Bool?

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    @OptionGroup var output: DuplicateOutputOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
        if nearDistance != nil && thresholdFrom != nil {
            throw ValidationError("--near-distance and --threshold-from cannot be given together")
        }
        if undo != nil && apply != nil { throw ValidationError("--undo and --apply cannot be given together") }
        for distance in [reencodedDistance, nearDistance, sceneDistance] {
            if let distance, !(0...2).contains(distance) { throw ValidationError("distances must be from 0 to 2") }
        }
    }

    func run() throws {
        if let threads { PerceptualModel.threads = threads }
        if let undo { return try finish(DuplicateMover.undo(URL(filePath: undo)), "moved back") }
        let reader = try IndexReader(index.url)
        try reader.protectImages(from: html)
        for folder in folders + against + prefer where try !reader.knows(inside: folder) {
            // A folder may be empty today; a mistyped one looks the same.
            if !output.quiet { Terminal.note("\(folder): the index \(index.path) knows no file in it") }
        }
        var options = DuplicateOptions(
            tier: tier, thresholds: try thresholds(of: reader))
        (options.folders, options.against, options.preferred) = (folders, against, prefer)
        options.isApproximate = approximate
        let progress = LateProgressLine(unit: "images", isQuiet: output.quiet)
        let report = try reader.duplicates(options) { progress.show($0, of: $1) }
        progress.clear()
        Terminal.write(try DuplicateOutput(report: report, options: output).text())
        if let html {
            let page = GalleryPage(report, decoding: reader.settings.stamp.preprocessing.decoding)
            try WholeFile.write(page.html(), to: URL(filePath: html))
        }
        if let apply { try finish(DuplicateMover.move(report, of: reader, to: URL(filePath: apply)), "moved") }
    }

    private func thresholds(of reader: IndexReader) throws -> DuplicateThresholds {
        let standard = DuplicateThresholds(typical: try reader.typicalDistance() ?? 0)
        // What was not given gives way to what was, so that the tiers stay in their order.
        let given = try (reencodedDistance, nearDistance ?? calibratedDistance(reader.settings.stamp), sceneDistance)
        let near = given.1 ?? min(max(standard.near, given.0 ?? 0), given.2 ?? 2)
        return try DuplicateThresholds(
            reencoded: given.0 ?? min(standard.reencoded, near), near: near, scene: given.2 ?? max(standard.scene, near)
        )
    }

    /// The distance at which pairs stop being the same, where `--threshold-from` asks for it.
    private func calibratedDistance(_ stamp: ModelStamp) throws -> Double? {
        guard let thresholdFrom else { return nil }
        let identity = MetricIdentity(stamp)
        let url =
            thresholdFrom == "profile"
            ? MetricProfile.url(of: identity, in: ModelStore(try .fromEnvironment())) : URL(filePath: thresholdFrom)
        return try MetricProfile(contentsOf: url, of: identity).requireThreshold(url).value
    }

    private func finish(_ outcome: DuplicateMover.Outcome, _ verb: String) throws {
        for failure in outcome.failures { Terminal.error("\(failure.image): \(failure.error)") }
        if !output.quiet {
            Terminal.note("\(outcome.moved) \(outcome.moved == 1 ? "file was" : "files were") \(verb)")
            if undo == nil { Terminal.note("'dreamsim dedupe --undo \(outcome.undo)' moves them back") }
            if outcome.moved > 0 {
                // What was moved back may lie in another index than this option's.
                let which = undo == nil && index.path != "dreamsim-index" ? " --index \(index.path)" : ""
                Terminal.note(
                    "the index still knows them where they were; 'dreamsim index\(which)' brings it up to date")
            }
        }
        if !outcome.failures.isEmpty { Terminal.exit(.trouble) }
    }
}

/// How duplicates are written.
struct DuplicateOutputOptions: ParsableArguments {
    @Option(help: "How groups are written to standard output.")
    var format: DuplicateFormat = .table

    @Flag(name: .shortAndLong, help: "No progress, no notes and no legend; only groups and errors.")
    var quiet = false
}

/// The layouts of duplicates.
enum DuplicateFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case ndjson
    case csv
}

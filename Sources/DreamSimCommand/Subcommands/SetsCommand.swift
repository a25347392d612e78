import ArgumentParser
import DreamSimEvaluation
import DreamSimRetrieval
import Foundation

struct SetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sets",
        abstract: "Compare a set of images with another, or measure its diversity.",
        discussion: """
            Each set is a folder of images, or a file: embeddings (.npy, as 'dreamsim embed' writes them) or mean and covariance \
            (.npz with mu and sigma, as pytorch-fid saves them, for fd alone). Of two sets the first is the real one.

            SCORES
              fd           Fréchet distance; lower is nearer
              fd-infinity  the same, extrapolated to infinitely many generated images
              kd           kernel distance, unbiased; lower is nearer
              precision    share of generated images within the real ones' neighborhoods
              recall       share of real images within the generated ones' neighborhoods
              density      how many real neighborhoods hold a generated image, divided by k
              coverage     share of real images with a generated one in their neighborhood
              diversity    mean cosine distance of the generated images from each other

            All but kd and fd-infinity depend on the number of images; compare scores of sets of the same size. Of one set the \
            diversity, its distribution, and the nearest and the farthest pairs are shown.

            EXAMPLES
              dreamsim sets real/ generated/
              dreamsim sets real/ generated/ --score fd,precision,recall --html outside.html
              dreamsim sets --embeddings real.npy generated.npy --score all --format json
              dreamsim sets real/ --save-statistics real.npz
              dreamsim sets real.npz generated/ --score fd
              dreamsim sets photos/ --matrix distances.npy
            """)

    @Argument(help: "One set or two: folders, or .npy or .npz files.")
    var sets: [ImagePath]

    @Flag(help: "Take files only; embed no image.")
    var embeddings = false

    @Flag(help: "Compare sets that differ in precision alone.")
    var acrossPrecisions = false

    @Option(help: ArgumentHelp("Scores, separated by commas, or 'all'.", valueName: "scores"))
    var score: ScoreList?

    @Option(help: ArgumentHelp("Neighbors that a neighborhood reaches to.", valueName: "k"))
    var neighbors: Int = SetComparison.Settings().neighbors

    @Option(help: ArgumentHelp("Nearest and farthest pairs to show of one set.", valueName: "n"))
    var pairs: Int = 10

    @OptionGroup var intervals: IntervalOptions

    @Option(
        help: ArgumentHelp("Write mean and covariance of the first set (.npz).", valueName: "file"),
        completion: .file())
    var saveStatistics: String?

    @Option(
        help: ArgumentHelp("Write all distances within one set (.npy or .csv).", valueName: "file"),
        completion: .file())
    var matrix: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write what each image contributes (.json, .csv or .ndjson).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(
        help: ArgumentHelp("Write images outside the other set, or pairs, as a page.", valueName: "file"),
        completion: .file())
    var html: String?

    @OptionGroup var batch: BatchOptions
    @OptionGroup var model: ModelOptions
    @OptionGroup var format: OutputOptions

    private var files: OutputFiles {
        OutputFiles([
            ("--save-statistics", saveStatistics, ["npz"]), ("--matrix", matrix, ["npy", "csv"]),
            ("--output", output, ["json", "csv", "ndjson"]), ("--html", html, OutputFiles.pages),
        ])
    }

    func validate() throws {
        guard (1...2).contains(sets.count) else {
            throw ValidationError("\(sets.count) sets: name one, or a real one and a generated one")
        }
        guard (1...1000).contains(neighbors) else { throw ValidationError("--neighbors must be from 1 to 1000") }
        guard (0...1000).contains(pairs) else { throw ValidationError("--pairs must be from 0 to 1000") }
        if sets.count == 1 {
            if score != nil { throw ValidationError("--score compares two sets; of one its diversity is shown") }
            if output != nil { throw ValidationError("--output is for two sets") }
            if acrossPrecisions { throw ValidationError("--across-precisions is for two sets") }
        } else if matrix != nil {
            throw ValidationError("--matrix is for one set")
        }
        let isOfFiles = sets.allSatisfy { SetSource(of: $0) != .images }
        if embeddings, !isOfFiles {
            throw ValidationError("--embeddings takes .npy and .npz files; leave it out to embed images")
        }
        if isOfFiles, model.chosenModel != nil {
            throw ValidationError("--model is for images; these files are embedded already")
        }
        try files.checkNames()
        try files.check(against: sets)
    }

    func run() async throws {
        model.threads.apply()
        if sets.count == 1 {
            try await runAlone()
        } else {
            try await compare()
        }
    }

    private func runAlone() async throws {
        let set = try await SetSource.load(sets, self)[0]
        if let saveStatistics { try statistics(set).write(to: URL(filePath: saveStatistics)) }
        guard case .vectors(let vectors) = set else {
            throw ValidationError("\(sets[0]) holds mean and covariance alone; name a second set for its distance")
        }
        let progress = EvaluationProgressLine(isQuiet: format.quiet)
        let report = try SetDiversity(
            vectors, pairs: pairs, bootstrap: intervals.bootstrap, progress: progress.show)
        progress.clear()
        Terminal.write(try DiversityOutput(report: report).text(format))
        if let matrix { try vectors.writeDistances(to: URL(filePath: matrix)) }
        if let html {
            try WholeFile.write(GalleryPage(report, decoding: decoding(vectors)).html(), to: URL(filePath: html))
        }
        finish(report.notes, [report.set])
    }

    private func compare() async throws {
        let loaded = try await SetSource.load(sets, self)
        if let saveStatistics { try statistics(loaded[0]).write(to: URL(filePath: saveStatistics)) }
        let isWhole = loaded.allSatisfy { if case .vectors = $0 { true } else { false } }
        var settings = SetComparison.Settings()
        settings.scores = score?.scores ?? (isWhole ? SetScore.standard : [.frechet])
        settings.neighbors = neighbors
        settings.bootstrap = intervals.bootstrap
        settings.findsContributions = output != nil || html != nil
        settings.acrossPrecisions = acrossPrecisions
        let progress = EvaluationProgressLine(isQuiet: format.quiet)
        let report = try SetComparison(
            real: loaded[0], generated: loaded[1], settings: settings, progress: progress.show)
        progress.clear()
        Terminal.write(try SetsOutput(report: report).text(format))
        if let output { try WholeFile.write(ContributionText.text(report, output), to: URL(filePath: output)) }
        if let html, case .vectors(let vectors) = loaded[1] {
            try WholeFile.write(GalleryPage(report, decoding: decoding(vectors)).html(), to: URL(filePath: html))
        }
        finish(report.notes, [report.real, report.generated])
    }

    private func statistics(_ set: ImageSet) throws -> SetStatistics {
        switch set {
        case .vectors(let vectors): try SetStatistics(vectors)
        case .statistics(let statistics): statistics
        }
    }

    private func decoding(_ vectors: SetVectors) -> DecodingOptions {
        vectors.stamp?.preprocessing.decoding ?? model.preprocessing.decoding
    }

    /// Tells what is to be known; images that could not be read are a failure.
    private func finish(_ notes: [String], _ sides: [SetComparison.Side]) {
        // The table says them itself.
        if !format.quiet, format.format != .table { notes.forEach(Terminal.note) }
        if sides.contains(where: { !$0.failures.isEmpty }) { Terminal.exit(.failed) }
    }
}

/// Where a set comes from.
enum SetSource {
    case images, embeddings, statistics

    init(of path: ImagePath) {
        let name = path.name.lowercased()
        self =
            ImageFinder.isFolder(path)
            ? .images : name.hasSuffix(".npy") ? .embeddings : name.hasSuffix(".npz") ? .statistics : .images
    }

    /// Reads sets, and embeds those that are images.
    static func load(_ paths: [ImagePath], _ options: SetsCommand) async throws -> [ImageSet] {
        var model: (any EmbeddingMetric)?
        var sets: [ImageSet] = []
        // Folders without an image are told before a model is loaded.
        let files = try paths.map { SetSource(of: $0) == .images ? try imageFiles($0) : [] }
        for (path, images) in zip(paths, files) {
            switch SetSource(of: path) {
            case .embeddings: sets.append(.vectors(try SetVectors(contentsOf: URL(filePath: path.exact))))
            case .statistics: sets.append(.statistics(try SetStatistics(contentsOf: URL(filePath: path.exact))))
            case .images:
                if model == nil { model = try await options.model.load(quiet: options.format.quiet) }
                guard let model else { continue }
                sets.append(.vectors(try embed(images, "\(path)", model, options.batch, options.format.quiet)))
            }
        }
        return sets
    }

    /// The images of a folder.
    static func imageFiles(_ path: ImagePath) throws -> [ImagePath] {
        let files = ImageFinder.expand([path]) { folder, reason in Terminal.error("\(folder): \(reason)") }
        guard !files.isEmpty else { throw ValidationError("no image was found in \(path)") }
        return files
    }

    /// Embeds images, with progress; those that cannot be read are told, and left out.
    static func embed(
        _ files: [ImagePath], _ name: String, _ model: any EmbeddingMetric, _ batch: BatchOptions, _ isQuiet: Bool
    ) throws -> SetVectors {
        let progress = ProgressLine(files.count, unit: "images", isQuiet: isQuiet)
        var done = 0
        let vectors = try SetVectors(files: files, with: model, name: name, batch: batch.size) { outcome in
            if !isQuiet { outcome.notes.forEach(Terminal.note) }
            if case .failure(let error) = outcome.result { Terminal.error("\(error)") }
            done += 1
            progress.show(done)
        }
        progress.clear()
        return vectors
    }
}

import ArgumentParser
import DreamSimEvaluation
import Foundation

struct EvaluateKNN: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "knn",
        abstract: "Evaluate a model's embeddings by k-nearest-neighbor classification.",
        discussion: """
            FOLDER holds a folder of images for each class. Each image gets the class that its k nearest images by cosine \
            similarity vote for, with the weights exp(similarity / temperature), as DINO's authors evaluate theirs. Without \
            --train every image is classified by all others (leave-one-out); with it, by those of another such folder.

            EXAMPLES
              dreamsim evaluate knn flowers/ --model lite
              dreamsim evaluate knn flowers/test --train flowers/train -k 10 --format json
            """)

    @Argument(help: "Folder with a folder of images for each class.")
    var folder: ImagePath

    @Option(help: ArgumentHelp("Folder of the same classes whose images vote.", valueName: "dir"))
    var train: ImagePath?

    @Option(name: [.customShort("k"), .long], help: ArgumentHelp("Number of neighbors that vote.", valueName: "k"))
    var neighbors: Int = NeighborClassification.Settings().neighbors

    @Option(help: ArgumentHelp("Temperature of the votes' weights.", valueName: "t"))
    var temperature: Double = NeighborClassification.Settings().temperature

    @OptionGroup var intervals: IntervalOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write every image's class (.json, .csv or .ndjson).", valueName: "file"),
        completion: .file())
    var output: String?

    @OptionGroup var batch: BatchOptions
    @OptionGroup var model: ModelOptions
    @OptionGroup var format: OutputOptions

    func validate() throws {
        guard (1...100_000).contains(neighbors) else {
            throw ValidationError("--neighbors must be from 1 to 100000")
        }
        guard temperature > 0 else { throw ValidationError("--temperature must be above 0") }
        try OutputFiles([("--output", output, ["json", "csv", "ndjson"])]).checkNames()
    }

    func run() async throws {
        model.threads.apply()
        func labeled(_ path: ImagePath) throws -> LabeledImages {
            try LabeledImages(in: path) { folder, reason in Terminal.error("\(folder): \(reason)") }
        }
        let asked = try labeled(folder)
        let voting = try train.map(labeled)
        let loaded = try await model.load(quiet: format.quiet)
        // Classes by their names: a test folder may have fewer than the one whose images vote.
        let classes = Array(Set(asked.classes + (voting?.classes ?? []))).sorted()
        func embed(_ images: LabeledImages, _ path: ImagePath) throws -> (vectors: SetVectors, labels: [Int]) {
            let vectors = try SetSource.embed(images.images, "\(path)", loaded, batch, format.quiet)
            return (vectors, images.labels(of: vectors, among: classes))
        }
        let queries = try embed(asked, folder)
        let gallery: (vectors: SetVectors, labels: [Int])? =
            if let voting, let train { try embed(voting, train) } else { nil }
        var settings = NeighborClassification.Settings()
        (settings.neighbors, settings.temperature) = (neighbors, temperature)
        settings.bootstrap = intervals.bootstrap
        let progress = EvaluationProgressLine(isQuiet: format.quiet)
        let report = try NeighborClassification(
            queries, gallery: gallery, classes: classes, settings: settings,
            notes: asked.notes + (voting?.notes ?? []), progress: progress.show)
        progress.clear()
        let shown = ClassificationOutput(report: report)
        Terminal.write(try shown.text(format))
        if let output { try WholeFile.write(shown.predictions(output), to: URL(filePath: output)) }
        if !format.quiet, format.format != .table { report.notes.forEach(Terminal.note) }
        let failures = queries.vectors.failures.count + (gallery?.vectors.failures.count ?? 0)
        if failures > 0 { Terminal.exit(.failed) }
    }
}

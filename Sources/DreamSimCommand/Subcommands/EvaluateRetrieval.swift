import ArgumentParser
import DreamSimEvaluation
import Foundation

struct EvaluateRetrieval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieval",
        abstract: "Evaluate how well a model's embeddings find images that belong together.",
        discussion: """
            Without --queries, FOLDER holds a folder of images for each class: each image is a query, and the others of its \
            class belong to it. With it, FOLDER is what is searched, and a CSV file with the columns query and relevant names \
            an image that belongs to a query in each row; paths are relative to that file. A query is never found itself.

              R@k  share of queries with a relevant image among the k nearest
              mAP  mean over queries of the mean precision at the places of their relevant images, over all places

            EXAMPLES
              dreamsim evaluate retrieval flowers/ --model lite
              dreamsim evaluate retrieval catalog/ --queries shots.csv --recall-at 1,3,5 -o queries.csv
            """)

    @Argument(help: "Folder of images, or of a folder for each class.")
    var folder: ImagePath

    @Option(
        help: ArgumentHelp("Table of queries and relevant images (.csv).", valueName: "file"), completion: .file())
    var queries: ImagePath?

    @Option(help: ArgumentHelp("Numbers of nearest images that count, separated by commas.", valueName: "k,…"))
    var recallAt = Cutoffs([1, 5, 10])

    @OptionGroup var intervals: IntervalOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write every query's places (.json, .csv or .ndjson).", valueName: "file"),
        completion: .file())
    var output: String?

    @OptionGroup var batch: BatchOptions
    @OptionGroup var model: ModelOptions
    @OptionGroup var format: OutputOptions

    func validate() throws {
        try OutputFiles([("--output", output, ["json", "csv", "ndjson"])]).checkNames()
    }

    func run() async throws {
        model.threads.apply()
        let report: RetrievalEvaluation
        let failures: Int
        if let queries {
            (report, failures) = try await searchFolder(RetrievalTable(contentsOf: queries))
        } else {
            (report, failures) = try await searchClasses()
        }
        let shown = RetrievalOutput(report: report)
        Terminal.write(try shown.text(format))
        if let output { try WholeFile.write(shown.queries(output), to: URL(filePath: output)) }
        if !format.quiet, format.format != .table { report.notes.forEach(Terminal.note) }
        if failures > 0 { Terminal.exit(.failed) }
    }

    private func searchClasses() async throws -> (RetrievalEvaluation, Int) {
        let images = try LabeledImages(in: folder) { folder, reason in Terminal.error("\(folder): \(reason)") }
        let loaded = try await model.load(quiet: format.quiet)
        let vectors = try SetSource.embed(images.images, "\(folder)", loaded, batch, format.quiet)
        let labels = images.labels(of: vectors, among: images.classes)
        let report = try evaluate(
            RetrievalEvaluation.queries(labels: labels), vectors, vectors, images.notes)
        return (report, vectors.failures.count)
    }

    private func searchFolder(_ table: RetrievalTable) async throws -> (RetrievalEvaluation, Int) {
        let gallery = try SetSource.imageFiles(folder)
        let others = table.queries(outside: gallery)
        let loaded = try await model.load(quiet: format.quiet)
        let searched = try SetSource.embed(gallery, "\(folder)", loaded, batch, format.quiet)
        // Queries that are not among the images are embedded too, and stand behind them.
        let asked = others.isEmpty ? nil : try SetSource.embed(others, "queries", loaded, batch, format.quiet)
        let all = try searched.joined(with: asked)
        let (queries, notes) = try table.queries(in: all, gallery: searched.count)
        return (try evaluate(queries, all, searched, notes), all.failures.count)
    }

    private func evaluate(
        _ queries: [RetrievalEvaluation.Query], _ vectors: SetVectors, _ gallery: SetVectors, _ notes: [String]
    ) throws -> RetrievalEvaluation {
        let progress = EvaluationProgressLine(isQuiet: format.quiet)
        defer { progress.clear() }
        return try RetrievalEvaluation(
            queries, vectors: vectors, gallery: gallery, cutoffs: recallAt.values, bootstrap: intervals.bootstrap,
            notes: notes, progress: progress.show)
    }
}

/// Numbers of nearest images.
struct Cutoffs: ExpressibleByArgument {
    let values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        values = parts.compactMap { $0 }
        guard values.count == parts.count, values.allSatisfy({ $0 > 0 }) else { return nil }
    }

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}

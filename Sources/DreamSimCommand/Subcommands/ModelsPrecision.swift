import ArgumentParser
import DreamSim
import DreamSimEvaluation
import Foundation

struct ModelsPrecision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "precision", abstract: "Measure what integers change in a model's answers.",
        discussion: """
            Embeds the images of a folder in float32 and with --precision int16 and int8, and compares: embeddings, distances \
            of all pairs, the nearest images of each image, and, of a folder in the layout of NIGHTS (data.csv), the choices \
            between two images beside those of people.

            EXAMPLES
              dreamsim models precision vits14-focus photos/
              dreamsim models precision ensemble nights/ --format json
            """)

    @Argument(help: "Model name, or description (.json).", completion: .list(Catalog.all.map(\.name)))
    var name: String

    @Argument(help: "Folder of images, or of judgments in the layout of NIGHTS.")
    var folder: ImagePath

    @Option(help: "Precision to compare with float32; both when not given.")
    var precision: Precision?

    @Option(help: ArgumentHelp("Images to use at most; of more, a random sample.", valueName: "n"))
    var limit: Int = 200

    @Option(help: ArgumentHelp("Random seed.", valueName: "n"))
    var seed: UInt64 = 1

    @OptionGroup var batch: BatchOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    func validate() throws {
        guard (2...5000).contains(limit) else { throw ValidationError("--limit must be from 2 to 5000") }
        guard precision != .float32 else {
            throw ValidationError("--precision float32 is what others are compared with")
        }
    }

    /// The description of a model that has linear layers, and is not merged into one file.
    static func description(_ name: String, in store: ModelStore) throws -> ModelDescription {
        if MetricCatalog.all.contains(where: { $0.card.name == name }) {
            throw DreamSimError(
                .badSetting, name, "is no model whose precision can be chosen; 'dreamsim models list' names those")
        }
        guard case .description(let description) = try Catalog.find(name, in: store) else {
            throw DreamSimError(
                .badSetting, name, "is merged already; name the model that it was made of, or its description (.json)")
        }
        return description
    }

    func run() async throws {
        threads.apply()
        _ = try Self.description(name, in: ModelStore(try store.configuration()))
        guard ImageFinder.isFolder(folder) else {
            throw DreamSimError(
                .missing, "\(folder)", "is no folder; name one with images, or with judgments in the layout of NIGHTS")
        }
        let configuration = try store.configuration()
        func load(_ precision: Precision) async throws -> PerceptualModel {
            let progress = DownloadProgressLine(isQuiet: format.quiet)
            defer { progress.clear() }
            let isQuiet = format.quiet
            return try await PerceptualModel.load(
                name, options: PerceptualModel.LoadingOptions(store: configuration, precision: precision)
            ) { event in
                switch event {
                case .fetching(let state): progress.show(state)
                case .note(let text): if !isQuiet { Terminal.note(text) }
                case .standIn(let text): if !isQuiet || Terminal.isInteractive { Terminal.note(text) }
                }
            }
        }
        let exact = try await load(.float32)
        var others: [PerceptualModel] = []
        for precision in precision.map({ [$0] }) ?? [.int16, .int8] { others.append(try await load(precision)) }
        let progress = LateProgressLine(unit: "images", isQuiet: format.quiet)
        let report = try PrecisionReport(
            of: folder, exact: exact, others: others, limit: limit, seed: seed, batch: batch.size,
            progress: progress.show)
        progress.clear()
        Terminal.write(try PrecisionOutput(report: report).text(format))
        guard !format.quiet else { return }
        for failure in report.failures { Terminal.note("left out: \(failure.error)") }
        if report.leftOut > 0 {
            Terminal.note("a random sample: \(report.leftOut) images are left out; --limit takes more")
        }
    }
}

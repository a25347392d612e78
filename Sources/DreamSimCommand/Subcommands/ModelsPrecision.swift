import ArgumentParser
import DreamSim
import DreamSimEvaluation
import Foundation

struct ModelsPrecision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "precision", abstract: "Measure what integers change in the answers of a model, LPIPS or DISTS.",
        discussion: """
            Embeds the images of a folder in float32 and with --precision int16 and int8, and compares: embeddings, distances \
            of all pairs, the nearest images of each image, and, of a folder in the layout of NIGHTS (data.csv), the choices \
            between two images beside those of people. LPIPS and DISTS have int16, and compare the pairs of the choices, or \
            else each image and the next, at 256 x 256.

            EXAMPLES
              dreamsim models precision vits14-focus photos/
              dreamsim models precision ensemble nights/ --format json
              dreamsim models precision lpips-alex nights/
            """)

    @Argument(
        help: "Model name, description (.json), or LPIPS or DISTS.",
        completion: .list(
            Catalog.all.map(\.name) + MetricCatalog.all.filter(\.takesIntegers).map(\.card.name)))
    var name: String

    @Argument(help: "Folder of images, or of judgments in the layout of NIGHTS.")
    var folder: ImagePath

    @Option(help: "Precision to compare with float32; all others when not given.")
    var precision: Precision?

    @Option(
        help: ArgumentHelp("LoRA adapter (PEFT folder) in place of the model's own.", valueName: "dir"),
        completion: .directory)
    var adapter: String?

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
        let configuration = try store.configuration()
        let isModel = !MetricCatalog.all.contains { $0.card.name == name && $0.takesIntegers }
        if isModel { _ = try Self.description(name, in: ModelStore(configuration)) }
        if adapter != nil, let (_, problem) = ModelSetting.withoutEffect([.adapter], on: [name]) {
            throw ValidationError("--adapter \(problem)")
        }
        guard ImageFinder.isFolder(folder) else {
            throw DreamSimError(
                .missing, "\(folder)", "is no folder; name one with images, or with judgments in the layout of NIGHTS")
        }
        let variant = ModelVariant(name, adapter: adapter.map { URL(filePath: $0) })
        func load(_ precision: Precision) async throws -> any PerceptualMetric {
            let options = PerceptualModel.LoadingOptions(store: configuration, precision: precision)
            return try await DownloadProgressLine.during(isQuiet: format.quiet) { report in
                isModel
                    ? try await variant.load(options, report: report)
                    : try await MetricCatalog.load(variant.name, options: options, report: report)
            }
        }
        let exact = try await load(.float32)
        var others: [any PerceptualMetric] = []
        for precision in precision.map({ [$0] }) ?? (isModel ? [.int16, .int8] : [.int16]) {
            others.append(try await load(precision))
        }
        let progress = LateProgressLine(unit: isModel ? "images" : "pairs", isQuiet: format.quiet)
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

import ArgumentParser
import DreamSim
import DreamSimRetrieval
import DreamSimSupport
import Foundation

struct IndexImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make an index of vectors that were exported, or that another program made.",
        discussion: """
            Vectors are only imported with what made them: an export says it; of others, --stamp names the stamp.json of \
            an export, or --model the model that made them. Files that an export describes need not be there; others \
            are read, though not embedded. Parquet is not read: convert clip-retrieval's metadata to JSON lines.

            EXAMPLES
              dreamsim index import embeddings/ --index copy.index
              dreamsim index import photos.safetensors --index copy.index
              dreamsim index import clip-retrieval-folder/ --model vits14-focus --index other.index
            """)

    @Argument(
        help: "A folder in the layout of clip-retrieval, or a .safetensors, .csv or .ndjson.", completion: .file())
    var input: String

    @OptionGroup var index: IndexOptions

    @Option(help: "The layout; by default the name tells it.")
    var layout: InterchangeFormat?

    @Option(
        help: ArgumentHelp("What made the vectors: the stamp of an export.", valueName: "stamp.json"),
        completion: .file())
    var stamp: String?

    @Option(help: "How vectors are kept when --model says what made them.")
    var vectors: VectorPrecision = .float16

    @OptionGroup var model: ModelOptions
    @OptionGroup var output: ReportOptions

    func validate() throws {
        if stamp != nil && model.chosenModel != nil {
            throw ValidationError("--stamp and --model cannot be given together")
        }
    }

    func run() async throws {
        var known = try stamp.map { try InterchangeStamp(contentsOf: URL(filePath: $0)) }
        if model.chosenModel != nil {
            let loaded = try await model.load(quiet: output.quiet)
            known = try InterchangeStamp(
                IndexSettings(
                    loaded, choice: model.choice, store: ModelStore(model.store.configuration()), precision: vectors))
        }
        let progress = LateProgressLine(unit: "files", isQuiet: output.quiet)
        let report = try IndexWriter.importing(URL(filePath: input), into: index.url, format: layout, stamp: known) {
            progress.show($0, of: $1)
        }
        progress.clear()
        let text = """
            \(report.added) files added, \(report.known) with a content that was there already, \
            \(report.failures.count) left out; \(report.images) images in \(index.path)

            """
        Terminal.write(output.format == .json ? try JSON.text(report) + "\n" : text)
        for failure in report.failures { Terminal.error(failure.error) }
        if !report.failures.isEmpty { Terminal.exit(.trouble) }
    }
}

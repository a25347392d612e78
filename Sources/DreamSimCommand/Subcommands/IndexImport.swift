import ArgumentParser
import DreamSimRetrieval
import Foundation

struct IndexImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import an index from exported embeddings.",
        discussion: """
            The model of the vectors must be known: exports contain its stamp; for other files give --stamp (the \
            stamp.json of an export) or --model. The image files of an export may be missing; those of other sources are read \
            but not embedded. Parquet is not supported: convert clip-retrieval's metadata to JSON lines.

            EXAMPLES
              dreamsim index import embeddings/ --index copy.index
              dreamsim index import photos.safetensors --index copy.index
              dreamsim index import clip-retrieval-folder/ --model vits14-focus --index other.index
            """)

    @Argument(help: "Folder of clip-retrieval, or file (.safetensors, .csv or .ndjson).", completion: .file())
    var input: String

    @OptionGroup var index: IndexOptions

    @Option(help: "Format of the file. (default: by its name)")
    var fileFormat: InterchangeFormat?

    @Option(
        help: ArgumentHelp("Stamp of an export, which states the vectors' model.", valueName: "stamp.json"),
        completion: .file())
    var stamp: String?

    @Option(help: "Precision of the vectors.")
    var vectorPrecision: VectorPrecision = .float16

    @OptionGroup var model: ModelOptionsWith<NoDefault>
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
                    loaded, choice: model.choice, store: ModelStore(model.store.configuration()),
                    precision: vectorPrecision))
        }
        let progress = LateProgressLine(unit: "files", isQuiet: output.quiet)
        let report = try IndexWriter.importing(URL(filePath: input), into: index.url, format: fileFormat, stamp: known)
        {
            progress.show($0, of: $1)
        }
        progress.clear()
        let text = """
            \(report.added) files added, \(report.known) with a content that was there already, \
            \(report.failures.count) left out; \(report.images) images in \(index.path)

            """
        Terminal.write(output.format == .json ? try JSON.text(report) + "\n" : text)
        for failure in report.failures { Terminal.error(failure.error) }
        if !report.failures.isEmpty { Terminal.exit(.failed) }
    }
}

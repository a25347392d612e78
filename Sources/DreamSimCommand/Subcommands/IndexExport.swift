import ArgumentParser
public import DreamSimRetrieval
import Foundation

struct IndexExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Export the embeddings of an index.",
        discussion: """
            npy is the folder layout of clip-retrieval (img_emb/img_emb_0.npy; metadata/metadata_0.ndjson, as JSON lines \
            where clip-retrieval has Parquet). safetensors has a tensor 'embeddings' and a file of JSON lines beside it; \
            csv and ndjson hold one image per line. Vectors are written as they are stored, together with their model's \
            stamp, so that 'dreamsim index import' restores the index.

            EXAMPLES
              dreamsim index export embeddings/
              dreamsim index export photos.safetensors --index images.index
              dreamsim index export photos.csv
            """)

    @Argument(help: "New folder, or file (.safetensors, .csv or .ndjson).", completion: .file())
    var output: String

    @OptionGroup var index: IndexOptions

    @Option(help: "Format of the file. (default: by its name)")
    var fileFormat: InterchangeFormat?

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    func validate() throws {
        guard chosenFormat != nil else {
            throw ValidationError(
                "\(output) does not end with .safetensors, .csv or .ndjson; --file-format npy writes a folder of any name"
            )
        }
    }

    /// What was asked for, or what the name says; a name without an extension is that of a folder.
    private var chosenFormat: InterchangeFormat? {
        let ending = URL(filePath: output).pathExtension.lowercased()
        return fileFormat ?? (ending.isEmpty ? .npy : InterchangeFormat(rawValue: ending))
    }

    func run() throws {
        let url = URL(filePath: output)
        let format = chosenFormat ?? .npy
        let reader = try IndexReader(index.url)
        try reader.protectImages(from: output)
        let progress = LateProgressLine(unit: "files", isQuiet: quiet)
        let count = try reader.export(to: url, as: format) { progress.show($0, of: $1) }
        progress.clear()
        if !quiet { Terminal.note("the embeddings of \(count) images were written to \(output)") }
    }
}

extension InterchangeFormat: ExpressibleByArgument {}

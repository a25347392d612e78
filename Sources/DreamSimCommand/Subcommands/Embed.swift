import ArgumentParser
import DreamSim
import Foundation

struct Embed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Embed images and write their embeddings.",
        discussion: """
            DreamSim's distance between two images is one minus the cosine of their embeddings. The extension of FILE \
            chooses the format: .npy (with FILE.json beside it, which names the images), .safetensors, .csv or .ndjson. \
            Without -o, lines go to standard output.

            EXAMPLES
              dreamsim embed photos/ -o photos.npy
              dreamsim embed a.jpg b.jpg --format csv
            """)

    @Argument(help: "Images, or folders of images.")
    var images: [ImagePath]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("File to write (.npy, .safetensors, .csv or .ndjson).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: "Output format without --output.")
    var format: EmbedFormat = .ndjson

    @OptionGroup var batch: BatchOptions

    @Flag(name: .shortAndLong, help: "Suppress progress and notes.")
    var quiet = false

    @OptionGroup var model: ModelOptions

    enum EmbedFormat: String, ExpressibleByArgument, CaseIterable {
        case csv
        case ndjson
    }

    func validate() throws {
        let files = OutputFiles([("--output", output, EmbeddingFile.Format.allCases.map(\.rawValue))])
        try files.checkNames()
        try files.check(against: images)
    }

    private var fileFormat: EmbeddingFile.Format? {
        output.flatMap { EmbeddingFile.Format(rawValue: URL(filePath: $0).pathExtension.lowercased()) }
    }

    func run() async throws {
        let files = ImageFinder.expand(images) { folder, reason in Terminal.error("\(folder): \(reason)") }
        guard !files.isEmpty else {
            throw ValidationError("no image was found in \(images.map(\.description).joined(separator: ", "))")
        }
        let loaded = try await model.load(quiet: quiet)
        let results: EmbeddingFile =
            if let output, let fileFormat {
                try EmbeddingFile(fileFormat, model: loaded, to: URL(filePath: output))
            } else {
                try EmbeddingFile(lines: format == .csv ? .csv : .ndjson, model: loaded) { Terminal.write($0) }
            }
        let progress = ProgressLine(files.count, unit: "images", isQuiet: quiet)
        var (done, hasFailed) = (0, false)
        try loaded.embed(files: files, batch: batch.size) { outcome in
            try results.add(outcome)
            if !quiet { outcome.notes.forEach(Terminal.note) }
            if case .failure(let error) = outcome.result {
                hasFailed = true
                Terminal.error("\(error)")
            }
            done += 1
            progress.show(done)
        }
        try results.finish()
        progress.clear()
        if hasFailed { Terminal.exit(.failed) }
    }
}

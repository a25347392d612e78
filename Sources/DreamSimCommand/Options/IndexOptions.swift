public import ArgumentParser
public import DreamSimRetrieval
import Foundation

/// Which index.
struct IndexOptions: ParsableArguments {
    @Option(
        name: .customLong("index"), help: ArgumentHelp("Folder of the index.", valueName: "dir"), completion: .directory
    )
    var path: String = Self.standardPath

    static let standardPath = "dreamsim-index"

    var url: URL { URL(filePath: path) }

    /// Opens an index that is there for writing.
    /// - Throws: `DreamSimError` with `.missing` when there is none, and what `IndexWriter` throws.
    func writer() throws -> IndexWriter { try IndexWriter(url, settings: IndexReader(url).settings) }
}

extension VectorPrecision: ExpressibleByArgument {}

extension IndexReader {
    /// Says of which folders the index knows nothing: a mistyped one looks like one that is empty today.
    func noteUnknown(_ folders: [ImagePath], index: String) throws {
        for folder in folders where try !knows(inside: folder) {
            Terminal.note("\(folder): the index \(index) knows no file in it")
        }
    }

    /// Makes sure that no output takes the place of an image of the index.
    /// - Throws: `DreamSimError` with `.badRequest`.
    func protectImages(from outputs: String?...) throws {
        for output in outputs.compactMap({ $0 }) where try contains(ImagePath(output)) {
            throw DreamSimError(
                .badRequest, output, "is an image of the index and would be overwritten; name another file")
        }
    }
}

extension IndexSettings {
    /// Loads the model that the index was made with, with progress and notes on standard error.
    /// - Parameters:
    ///   - choice: what is not as the index remembers it.
    ///   - options: those of `loadingOptions`, with the user's changes.
    func loadModel(
        _ choice: ModelChoice = ModelChoice(), options: PerceptualModel.LoadingOptions, quiet: Bool
    ) async throws -> any EmbeddingMetric {
        let progress = DownloadProgressLine(isQuiet: quiet)
        defer { progress.clear() }
        return try await loadModel(choice, options: options) { event in
            switch event {
            case .fetching(let state): progress.show(state)
            case .note(let text): if !quiet { Terminal.note(text) }
            // What people take for another model's numbers must not be kept from them.
            case .standIn(let text): if !quiet || Terminal.isInteractive { Terminal.note(text) }
            }
        }
    }
}

extension ModelOptionsWith {
    /// What was chosen; what was not is nil.
    var choice: ModelChoice {
        ModelChoice(
            source: chosenModel, feature: feature, adapter: adapter.map { URL(filePath: $0) },
            head: head.map { URL(filePath: $0) })
    }

    /// Loads what an index was made with, but for what was asked for otherwise; the chosen model when there is no index.
    /// - Returns: the model, and what the index is to remember of it.
    func load(
        for made: IndexSettings?, vectors: VectorPrecision?, quiet: Bool
    ) async throws -> (model: any EmbeddingMetric, settings: IndexSettings) {
        let configuration = try store.configuration()
        let store = ModelStore(configuration)
        let stored = vectors ?? made?.precision ?? .float16
        guard let made else {
            let model = try IndexSettings.embedding(await load(metric: model, quiet: quiet))
            return (model, try IndexSettings(model, choice: choice, store: store, precision: stored))
        }
        threads.apply()
        let options = loadingOptions(store: configuration)
        let model = try await made.loadModel(choice, options: made.loadingOptions(options), quiet: quiet)
        if timings { TimingsReport.begin() }
        return (
            model,
            try IndexSettings(model, choice: made.completed(choice, in: store), store: store, precision: stored)
        )
    }
}

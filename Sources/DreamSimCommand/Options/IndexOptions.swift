public import ArgumentParser
import DreamSim
import Foundation
public import Retrieval

/// Which index.
struct IndexOptions: ParsableArguments {
    @Option(
        name: .customLong("index"), help: ArgumentHelp("The index's folder.", valueName: "dir"),
        completion: .directory)
    var path: String = "dreamsim-index"

    var url: URL { URL(filePath: path) }
}

/// How a report that is no list of results is written.
struct ReportOptions: ParsableArguments {
    @Option(help: "How the report is written to standard output.")
    var format: ReportFormat = .table

    @Flag(name: .shortAndLong, help: "No progress, no notes and no legend; only the report and errors.")
    var quiet = false
}

/// The layouts of a report.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
}

extension VectorPrecision: ExpressibleByArgument {}

extension IndexReader {
    /// Makes sure that no output takes the place of an image of the index.
    /// - Throws: `IndexError` with `.badRequest`.
    func protectImages(from outputs: String?...) throws {
        for output in outputs.compactMap({ $0 }) where try contains(ImagePath(output)) {
            throw IndexError(
                .badRequest, output, "is an image of the index and would be overwritten; name another file")
        }
    }
}

extension IndexSettings {
    /// Loads the model that the index was made with, with progress and notes on standard error.
    /// - Parameters:
    ///   - source: the model's file, when it has moved.
    ///   - adapter: the updates that the index was made with.
    ///   - head: the head that it was made with.
    func loadModel(
        _ source: String?, adapter: String? = nil, head: String? = nil, store: StoreOptions, quiet: Bool
    ) async throws -> PerceptualModel {
        let options = PerceptualModel.LoadingOptions(
            store: try store.configuration(), preprocessing: stamp.preprocessing, isNormalized: stamp.isNormalized,
            precision: stamp.precision ?? .float32, head: head.map { URL(filePath: $0) })
        let progress = DownloadProgressLine(isQuiet: quiet)
        defer { progress.clear() }
        let report: @Sendable (PerceptualModel.LoadingEvent) -> Void = { event in
            switch event {
            case .fetching(let state): progress.show(state)
            case .note(let text): if !quiet { Terminal.note(text) }
            }
        }
        let source = source ?? self.source
        guard feature != nil || adapter != nil, case .description(let description) = try Catalogue.find(source) else {
            return try await PerceptualModel.load(source, options: options, report: report)
        }
        let reading = try feature.map { try description.reading($0) } ?? description
        let own = head == nil ? reading : reading.untuned
        let adapted = adapter.map { own.adapted(by: URL(filePath: $0)) } ?? own
        return try await PerceptualModel.load(adapted, options: options, report: report)
    }
}

extension ModelOptions {
    /// Loads what an index was made with, when there is one and nothing else was asked for; else the chosen model.
    func load(for made: IndexSettings?, quiet: Bool) async throws -> PerceptualModel {
        guard let made, feature == nil, normalize, weightPrecision == .float32, preprocessing == .standard else {
            return try await load(quiet: quiet)
        }
        if let threads { PerceptualModel.threads = threads }
        let model = try await made.loadModel(
            chosenModel, adapter: adapter, head: head, store: store, quiet: quiet)
        if timings { TimingsReport.begin() }
        return model
    }

    /// By what name the model of an index is found from any folder, without adapter and head.
    /// - Parameter made: what the index was made with, when there is one.
    func source(of loaded: PerceptualModel, made: IndexSettings?) throws -> String {
        if chosenModel != nil { return source }
        if let made { return made.source }
        guard adapter != nil || head != nil else { return loaded.stamp.model }
        return Catalogue.resolved(model, in: ModelStore(try store.configuration()))
    }

    /// By what name the model is found from any folder.
    var source: String {
        FileManager.default.fileExists(atPath: model) ? URL(filePath: model).standardizedFileURL.path : model
    }
}

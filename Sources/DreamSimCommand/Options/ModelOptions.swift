import ArgumentParser
import DreamSim
import Foundation

/// Where weights lie and whether they may be fetched.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A folder that holds weights, such as the reference's; never written to.", valueName: "dir"))
    var weights: String?

    @Flag(help: "Never use the network.")
    var offline = false

    @Option(
        help: ArgumentHelp(
            "Fetch URL/FILE in place of the published files (also DREAMSIM_MIRROR).", valueName: "url"))
    var mirror: String?

    func configuration() throws -> ModelStore.Configuration {
        var environment = ProcessInfo.processInfo.environment
        if let mirror { environment["DREAMSIM_MIRROR"] = mirror }
        var configuration = try ModelStore.Configuration.fromEnvironment(environment)
        if let weights {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: weights, isDirectory: &isFolder), isFolder.boolValue else {
                throw ValidationError("--weights \(weights): is not a folder")
            }
            configuration.weightsFolder = URL(filePath: weights)
        }
        if offline { configuration.isOffline = true }
        return configuration
    }
}

/// Which model, and how images are prepared for it.
struct ModelOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp(
            "A name of 'dreamsim models list', or the path of a description (.json) or a merged model (.safetensors). (default: ensemble where its weights are here, else lite)",
            valueName: "model"),
        completion: .list(Catalog.all.map(\.name)))
    var chosenModel: String?

    /// The model that was named, else the default one.
    var model: String { chosenModel ?? Catalog.defaultModel }

    @Option(
        help: ArgumentHelp(
            "What is read from a model of one backbone: cls, last_layer, embedding or cls_patch, with @BLOCK for an earlier block.",
            valueName: "feature"))
    var feature: String?

    @Option(
        help: ArgumentHelp(
            "A PEFT folder of updates in place of the model's own, such as 'dreamsim train' keeps.", valueName: "dir"),
        completion: .directory)
    var adapter: String?

    @Option(
        help: ArgumentHelp(
            "A head after the untuned model, such as 'dreamsim train --method mlp' keeps.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var head: String?

    @OptionGroup var store: StoreOptions

    @Option(help: "How an image that is not square is brought to the model's square.")
    var fit: FitOption = .stretch

    @Option(help: ArgumentHelp("The color under transparency and around padded images.", valueName: "RRGGBB"))
    var background = ColorOption(.white)

    @Option(help: ArgumentHelp("The side of the model's square in pixels.", valueName: "pixels"))
    var side: Int = 224

    @Option(help: "Do exactly what another implementation does: orientation ignored, transparency dropped.")
    var parity: ParityOption?

    @Flag(inversion: .prefixedNo, help: "Center and normalize embeddings, as the reference's API does.")
    var normalize = true

    @Option(
        name: .customLong("weights-precision"),
        help: "How weights are kept: half precision takes half the disk and memory and changes distances a little.")
    var weightPrecision: WeightPrecision = .float32

    @Option(help: ArgumentHelp("The number of threads (also DREAMSIM_THREADS).", valueName: "n"))
    var threads: Int?

    @Flag(help: "Show at the end where the time went: a table on standard error.")
    var timings = false

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
        guard side > 0, side <= 4096 else { throw ValidationError("--side must be from 1 to 4096") }
    }

    var preprocessing: Preprocessing {
        var decoding = DecodingOptions.standard
        decoding.alpha = .composited(over: background.color)
        if parity == .reference { decoding = .reference }
        let fit: Image.Fit =
            switch fit {
            case .stretch: .stretch
            case .pad: .pad(background.color)
            case .crop: .crop
            }
        return Preprocessing(decoding: decoding, fit: fit, side: side)
    }

    /// Loads the model, with progress and notes on standard error.
    func load(quiet: Bool) async throws -> PerceptualModel { try await load(model: model, quiet: quiet) }

    /// Loads a model as `--model` takes it, with progress and notes on standard error.
    func load(model name: String, quiet: Bool) async throws -> PerceptualModel {
        try await load(quiet: quiet) { options, report in try await load(name, options, report) }
    }

    /// Loads a metric of the catalog, or a model as `--model` takes it, with progress and notes on standard error.
    func load(metric name: String, quiet: Bool) async throws -> any PerceptualMetric {
        try await load(quiet: quiet) { options, report in
            MetricCatalog.all.contains { $0.card.name == name }
                ? try await MetricCatalog.load(name, options: options, report: report)
                : try await load(name, options, report)
        }
    }

    /// Loads the saliency detector, with progress and notes on standard error.
    func loadSaliency(quiet: Bool) async throws -> SaliencyDetector {
        try await load(quiet: quiet) { options, report in
            try await SaliencyDetector.load(options: options, report: report)
        }
    }

    private typealias Report = @Sendable (PerceptualModel.LoadingEvent) -> Void

    private func load(
        _ name: String, _ options: PerceptualModel.LoadingOptions, _ report: @escaping Report
    ) async throws -> PerceptualModel {
        guard feature != nil || adapter != nil else {
            return try await PerceptualModel.load(name, options: options, report: report)
        }
        // A head takes the place of the model's own adapter, not of one that is named beside it.
        let own = try head == nil ? chosen(name) : chosen(name).untuned
        let description = adapter.map { own.adapted(by: URL(filePath: $0)) } ?? own
        return try await PerceptualModel.load(description, options: options, report: report)
    }

    /// The description of a model, reading the chosen feature.
    private func chosen(_ name: String) throws -> ModelDescription {
        guard case .description(let description) = try Catalog.find(name) else {
            throw ValidationError("a merged model's feature and updates are fixed; name the model it was made of")
        }
        return try feature.map { try description.reading($0) } ?? description
    }

    /// Loads a model without its adapter and head, and with embeddings as they are, as models are trained.
    /// - Parameter takesMerged: whether it may be a merged model, whose updates are a part of its weights.
    func loadUntuned(takesMerged: Bool, quiet: Bool) async throws -> PerceptualModel {
        try await load(quiet: quiet) { options, report in
            var options = options
            options.isNormalized = false
            options.head = nil
            if takesMerged, feature == nil, case .mergedFile = try Catalog.find(model) {
                return try await PerceptualModel.load(model, options: options, report: report)
            }
            return try await PerceptualModel.load(chosen(model).untuned, options: options, report: report)
        }
    }

    private func load<Metric>(
        quiet: Bool, _ body: (PerceptualModel.LoadingOptions, @escaping Report) async throws -> Metric
    ) async throws -> Metric {
        if let threads { PerceptualModel.threads = threads }
        let options = PerceptualModel.LoadingOptions(
            store: try store.configuration(), preprocessing: preprocessing, isNormalized: normalize,
            precision: weightPrecision, head: head.map { URL(filePath: $0) })
        let progress = DownloadProgressLine(isQuiet: quiet)
        defer { progress.clear() }
        defer { if timings { TimingsReport.begin() } }
        return try await body(options) { event in
            switch event {
            case .fetching(let state): progress.show(state)
            case .note(let text): if !quiet { Terminal.note(text) }
            }
        }
    }
}

/// How an image that is not square is brought to a square.
enum FitOption: String, ExpressibleByArgument, CaseIterable {
    case stretch
    case pad
    case crop
}

/// An implementation that can be followed exactly.
enum ParityOption: String, ExpressibleByArgument, CaseIterable {
    case reference
}

/// A color as six hexadecimal digits.
struct ColorOption: ExpressibleByArgument {
    let color: RGB

    init(_ color: RGB) { self.color = color }

    init?(argument: String) {
        let digits = argument.hasPrefix("#") ? String(argument.dropFirst()) : argument
        guard digits.count == 6, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
            return nil
        }
        color = RGB(value)
    }

    var defaultValueDescription: String { "ffffff" }
}

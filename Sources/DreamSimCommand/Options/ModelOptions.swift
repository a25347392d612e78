import ArgumentParser
import DreamSim
import DreamSimNetworks
import Foundation

/// Where weights lie and whether they may be fetched.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of weights; it is only read.", valueName: "dir"))
    var weights: String?

    @Flag(help: "Do not use the network.")
    var offline = false

    @Option(help: ArgumentHelp("Base URL of a download mirror (also DREAMSIM_MIRROR).", valueName: "url"))
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

/// Which model, and how images are prepared for it, where the default compares.
typealias ModelOptions = ModelOptionsWith<ComparingDefault>

/// Which model, and how images are prepared for it.
struct ModelOptionsWith<Default: ModelDefault>: ParsableArguments {
    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp(
            "Model name, description (.json), merged model (.safetensors), folder or hf:OWNER/NAME."
                + (Default.text.map { " (default: \($0))" } ?? ""),
            valueName: "model"),
        completion: .list(Catalog.all.map(\.name)))
    var chosenModel: String?

    /// The model that was named, else the default one.
    var model: String { chosenModel ?? Catalog.defaultModel }

    /// What the default model is to do here.
    var work: Catalog.Work { feature == nil && adapter == nil && head == nil ? .comparing : .tuning }

    @Option(
        help: ArgumentHelp(
            "Feature: cls, last_layer, embedding, cls_patch, pooled or patch_mean, optionally at @BLOCK.",
            valueName: "feature"))
    var feature: String?

    @Option(
        help: ArgumentHelp("LoRA adapter (PEFT folder) in place of the model's own.", valueName: "dir"),
        completion: .directory)
    var adapter: String?

    @Option(
        help: ArgumentHelp("MLP head on the untuned model.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var head: String?

    @OptionGroup var store: StoreOptions

    @Option(help: "How to make images square.")
    var fit: FitOption = .stretch

    @Option(help: ArgumentHelp("Background color of transparent and padded images.", valueName: "RRGGBB"))
    var background = ColorOption(.white)

    @Option(help: ArgumentHelp("Side of the model's input.", valueName: "pixels"))
    var side: Int = 224

    @Flag(help: "Take only what stands out, as the metric NAME-foreground does.")
    var foreground = false

    @Option(help: "Match another implementation exactly, without orientation, transparency and color profiles.")
    var parity: ParityOption?

    @Flag(inversion: .prefixedNo, help: "Center and normalize embeddings.")
    var normalize = true

    @Option(help: "Precision, by default a merged model's own or float32; integers are faster.")
    var precision: Precision?

    @OptionGroup var threads: ThreadOptions

    @Flag(help: "Print a table of timings to standard error.")
    var timings = false

    func validate() throws {
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
        return Preprocessing(decoding: decoding, fit: fit, side: side, foreground: foreground ? .alone : nil)
    }

    /// The name of a metric as it is computed here: that of its foregrounds where they are asked for and it embeds.
    func limited(_ name: String) -> String {
        guard foreground, name != MetricNames.everything, ForegroundMetric.base(of: name) == nil,
            MetricCatalog.entry(of: name)?.embeds ?? true
        else { return name }
        return name + ForegroundMetric.suffix
    }

    /// Refuses options that say something of a model where none of the metrics is one: they would change nothing, unsaid.
    func checkOptions(for metrics: [String]) throws {
        let settings: [(ModelSetting, isGiven: Bool)] = [
            (.feature, feature != nil), (.adapter, adapter != nil), (.head, head != nil),
            (.side, side != Preprocessing.standard.side), (.fit, fit != .stretch), (.normalize, !normalize),
            (.precision, precision.map { $0 != .float32 } ?? false), (.foreground, foreground),
        ]
        try check(settings.filter(\.isGiven).map(\.0), for: metrics)
    }

    /// Refuses a precision where none of the metrics can be computed in another than float32.
    func checkPrecision(for metrics: [String]) throws {
        try check(precision == .float32 || precision == nil ? [] : [.precision], for: metrics)
    }

    private func check(_ given: [ModelSetting], for metrics: [String]) throws {
        guard let (setting, problem) = ModelSetting.withoutEffect(given, on: metrics) else { return }
        throw ValidationError("--\(setting == .normalize ? "no-normalize" : setting.rawValue) \(problem)")
    }

    /// How a model is to be set up.
    func loadingOptions(store: ModelStore.Configuration) -> PerceptualModel.LoadingOptions {
        PerceptualModel.LoadingOptions(
            store: store, preprocessing: preprocessing, isNormalized: normalize, precision: precision,
            head: head.map { URL(filePath: $0) })
    }

    /// Loads what embeds images, with progress and notes on standard error.
    /// - Throws: `DreamSimError` with `.badSetting` for a metric that does not embed, and as `load(metric:quiet:)`.
    func load(quiet: Bool) async throws -> any EmbeddingMetric {
        let metric = try await load(metric: model, quiet: quiet)
        guard let metric = metric as? any EmbeddingMetric else {
            throw DreamSimError(.badSetting, metric.card.name, "does not embed images; choose a model, or pdq")
        }
        return metric
    }

    /// Loads the model itself, for what works on whole images alone.
    func loadModel(quiet: Bool) async throws -> PerceptualModel {
        try await load(quiet: quiet) { options, report in
            try await variant(of: model).load(options, report: report)
        }
    }

    /// Loads a metric of the catalog, or a model as `--model` takes it, with progress and notes on standard error.
    func load(metric name: String, quiet: Bool) async throws -> any PerceptualMetric {
        try await load(quiet: quiet) { options, report in
            guard let entry = MetricCatalog.entry(of: name) else {
                return try await variant(of: name).loadMetric(options, report: report)
            }
            var options = options
            // Like other settings, it is for those of the metrics that have it.
            if !entry.embeds { options.preprocessing.foreground = nil }
            return try await MetricCatalog.load(name, options: options, report: report)
        }
    }

    private typealias Report = @Sendable (PerceptualModel.LoadingEvent) -> Void

    /// The model of a name, with the feature and the adapter that were chosen.
    private func variant(of name: String) -> ModelVariant {
        ModelVariant(name, feature: feature, adapter: adapter.map { URL(filePath: $0) })
    }

    /// Loads a model as models are trained, with progress and notes on standard error.
    /// - Parameter takesMerged: whether it may be a merged model, whose adapter is a part of its weights.
    func loadUntuned(takesMerged: Bool, quiet: Bool) async throws -> PerceptualModel {
        try await load(quiet: quiet) { options, report in
            try await variant(of: model).loadUntuned(takesMerged: takesMerged, options, report: report)
        }
    }

    /// Loads an ensemble of backbones as models are trained, with progress and notes on standard error.
    func loadEnsemble(_ names: [String], quiet: Bool) async throws -> PerceptualModel {
        try await load(quiet: quiet) { options, report in
            var options = options
            options.isNormalized = false
            let store = ModelStore(options.store)
            for name in names {
                if Backbone(name: name) == nil { _ = try await Catalog.found(name, in: store, report: report) }
            }
            return try await PerceptualModel.load(
                ModelDescription(ensembleOf: names, in: store), options: options, report: report)
        }
    }

    private func load<Metric>(
        quiet: Bool, _ body: (PerceptualModel.LoadingOptions, @escaping Report) async throws -> Metric
    ) async throws -> Metric {
        threads.apply()
        let options = loadingOptions(store: try store.configuration())
        defer { if timings { TimingsReport.begin() } }
        return try await DownloadProgressLine.during(isQuiet: quiet) { report in try await body(options, report) }
    }
}

extension DownloadProgressLine {
    /// Shows progress and notes on standard error while something is loaded.
    static func during<Loaded>(
        isQuiet: Bool, _ load: (@escaping @Sendable (PerceptualModel.LoadingEvent) -> Void) async throws -> Loaded
    ) async throws -> Loaded {
        let progress = DownloadProgressLine(isQuiet: isQuiet)
        defer { progress.clear() }
        return try await load { event in
            switch event {
            case .fetching(let state): progress.show(state)
            case .note(let text): if !isQuiet { Terminal.note(text) }
            // What people take for another model's numbers must not be kept from them.
            case .standIn(let text): if !isQuiet || Terminal.isInteractive { Terminal.note(text) }
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

    var defaultValueDescription: String { [color.red, color.green, color.blue].hexadecimal }
}

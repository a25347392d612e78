package import Foundation

/// What a model is made of. For an index that is there already, only what is not as the index remembers it.
package struct ModelChoice: Sendable {
    /// A name of the catalog, or the path of a description or a merged model.
    package var source: String?
    /// Which of its features is read.
    package var feature: String?
    /// A PEFT folder of updates in place of the model's own.
    package var adapter: URL?
    /// A head after the untuned model.
    package var head: URL?

    /// Makes a choice.
    package init(source: String? = nil, feature: String? = nil, adapter: URL? = nil, head: URL? = nil) {
        (self.source, self.feature, self.adapter, self.head) = (source, feature, adapter, head)
    }
}

extension IndexSettings {
    /// Describes an index that is to be made, so that its model is found again from any folder.
    /// - Parameters:
    ///   - model: what embeds the images.
    ///   - choice: what it was loaded from; its source must be there.
    ///   - store: where its weights were found.
    ///   - precision: how vectors are kept.
    /// - Throws: `ModelStoreError` when the head or the adapter cannot be read any more.
    package init(
        _ model: any EmbeddingMetric, choice: ModelChoice, store: ModelStore, precision: VectorPrecision = .float16
    ) throws {
        let work: Catalog.Work =
            choice.feature == nil && choice.adapter == nil && choice.head == nil ? .comparing : .tuning
        // That it is limited to foregrounds is in the stamp.
        let name = choice.source.map { ForegroundMetric.base(of: $0) ?? $0 }
        let source = Catalog.resolved(name ?? Catalog.defaultModel, for: work, in: store)
        let isFile = FileManager.default.fileExists(atPath: source)
        self.init(
            stamp: model.stamp, source: isFile ? URL(filePath: source).standardizedFileURL.path : source,
            feature: choice.feature, adapter: try choice.adapter.map { try TuningFiles(adapter: $0, in: store) },
            head: try choice.head.map { try TuningFiles(head: $0, in: store) }, width: model.width,
            precision: precision)
    }

    /// How a model is set up as the index's was.
    package func loadingOptions(_ store: ModelStore.Configuration) -> PerceptualModel.LoadingOptions {
        var options = PerceptualModel.LoadingOptions(
            store: store, preprocessing: stamp.preprocessing, isNormalized: stamp.isNormalized,
            precision: stamp.precision ?? .float32)
        if stamp.precision == .int8 { options.calibration = .some(stamp.calibration) }
        return options
    }

    /// How a model is set up as the index's was, but for what is given otherwise: it is another one then, as `check` says.
    package func loadingOptions(_ given: PerceptualModel.LoadingOptions) -> PerceptualModel.LoadingOptions {
        var options = loadingOptions(given.store)
        if given.preprocessing != .standard { options.preprocessing = given.preprocessing }
        if !given.isNormalized { options.isNormalized = false }
        if let precision = given.precision, precision != options.precision {
            (options.precision, options.calibration) = (precision, given.calibration)
        }
        return options
    }

    /// What the index's model is loaded from: what was chosen, else what the index remembers.
    /// - Throws: `DreamSimError` with `.missing` or `.incompatible` for a head or an adapter that is not where it was, or not
    ///   what it was.
    package func completed(_ choice: ModelChoice, in store: ModelStore) throws -> ModelChoice {
        var whole = choice
        whole.source = choice.source ?? source
        // Another model of the catalog does not want what belonged to this one.
        if let name = choice.source, name != source, Catalog.model(named: name) != nil { return whole }
        whole.feature = choice.feature ?? feature
        if whole.adapter == nil, let adapter {
            whole.adapter = try Self.find(adapter, "adapter") { try TuningFiles(adapter: $0, in: store) }
        }
        if whole.head == nil, let head {
            whole.head = try Self.find(head, "head") { try TuningFiles(head: $0, in: store) }
        }
        return whole
    }

    /// Finds what an index remembers.
    private static func find(
        _ remembered: TuningFiles, _ what: String, _ describe: (URL) throws -> TuningFiles
    ) throws(DreamSimError) -> URL {
        let url = URL(filePath: remembered.path)
        let advice = "name where it is now with --\(what), or index the images again in another folder"
        let found: TuningFiles
        do {
            found = try describe(url)
        } catch {
            let isThere = FileManager.default.fileExists(atPath: remembered.path)
            throw DreamSimError(
                isThere ? .unreadable : .missing, remembered.path,
                isThere
                    ? "the \(what) that the index was made with cannot be read (\(error)); fix it, \(advice)"
                    : "the \(what) that the index was made with is not there any more; put it back, \(advice)")
        }
        guard found.sha256 == remembered.sha256 else {
            throw DreamSimError(
                .incompatible, remembered.path,
                "the \(what) has changed since the index was made with it (SHA-256 \(remembered.sha256.prefix(12)), now "
                    + "\(found.sha256.prefix(12))); put the old one back, \(advice)")
        }
        return url
    }

    /// Loads the model that the index was made with.
    /// - Parameters:
    ///   - choice: what is not as the index remembers it, because it was moved.
    ///   - options: as `loadingOptions(_:)` gives them.
    ///   - report: called with progress and notes, from any thread.
    /// - Throws: as `completed(_:in:)` and `PerceptualModel.load`. Whether it is the same model is for `check` to say.
    package func loadModel(
        _ choice: ModelChoice = ModelChoice(), options: PerceptualModel.LoadingOptions,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void = { _ in }
    ) async throws -> any EmbeddingMetric {
        if let base = choice.source.flatMap(ForegroundMetric.base) {
            var (whole, foregrounds) = (choice, options)
            (whole.source, foregrounds.preprocessing.foreground) = (base, .alone)
            return try await loadModel(whole, options: foregrounds, report: report)
        }
        // A hash and a model prepare images so differently that one cannot even be loaded as the other was.
        func isModel(_ name: String) -> Bool { !MetricCatalog.all.contains { $0.card.name == name } }
        if let name = choice.source, name != source, !isModel(name) || !isModel(source) {
            throw DreamSimError(
                .incompatible, name,
                "the index was made with \(stamp.model); use the same, or another folder for the index")
        }
        if options.preprocessing.foreground != nil {
            return try await ForegroundMetric.load(options, report: report) {
                try await loadModel(choice, options: $0, report: report)
            }
        }
        let whole = try completed(choice, in: ModelStore(options.store))
        let source = whole.source ?? source
        if source.hasPrefix("/"), !FileManager.default.fileExists(atPath: source) {
            throw DreamSimError(
                .missing, source,
                "the model that the index was made with is not there any more; put it back, or state where it is now")
        }
        var options = options
        options.head = whole.head
        guard whole.feature != nil || whole.adapter != nil else {
            return try await Self.load(source, options: options, report: report)
        }
        guard
            case .description(let description) = try await Catalog.found(
                source, in: ModelStore(options.store), report: report)
        else {
            throw DreamSimError(
                .badRequest, source, "is a merged model, whose feature and updates are fixed; leave them out")
        }
        let reading = try whole.feature.map { try description.reading($0) } ?? description
        // A head takes the place of the model's own adapter, not of one that is named beside it.
        let own = whole.head == nil ? reading : reading.untuned
        return try await PerceptualModel.load(
            whole.adapter.map { own.adapted(by: $0) } ?? own, options: options, report: report)
    }

    /// Loads what embeds the images of an index: a model, or another metric of the catalog that embeds.
    /// - Throws: as `MetricCatalog.load` and `embedding(_:)`.
    static func load(
        _ name: String, options: PerceptualModel.LoadingOptions,
        report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws -> any EmbeddingMetric {
        try embedding(await MetricCatalog.load(name, options: options, report: report))
    }

    /// A metric of which an index can be made.
    /// - Throws: `DreamSimError` with `.badSetting` for one that does not embed.
    package static func embedding(_ metric: any PerceptualMetric) throws(DreamSimError) -> any EmbeddingMetric {
        guard let model = metric as? any EmbeddingMetric else {
            throw DreamSimError(
                .badSetting, metric.card.name,
                "compares images without embedding them, so that no index can be made with it; choose a model, or pdq")
        }
        return model
    }
}

import DreamSimCheckpoints
public import DreamSimNetworks
public import Foundation

extension PerceptualModel {
    /// How a model is found and set up.
    public struct LoadingOptions: Sendable {
        /// Where weights lie and whether they may be fetched.
        public var store: ModelStore.Configuration
        /// How images are prepared.
        public var preprocessing: Preprocessing
        /// Whether embeddings are centered and divided by their norm: yes in the reference's API, no in its training and
        /// evaluation scripts.
        public var isNormalized: Bool
        /// What linear layers compute with, and in LPIPS and DISTS convolutions: float32, or integers, which are faster, take
        /// less memory and disk, and change distances a little. Convolutions know no int8. nil: float32, but of a merged
        /// file what it was made in.
        public var precision: Precision?
        /// Whether the merged file is kept and used, so that the next load is immediate.
        public var keepsMergedFile: Bool
        /// The file of a head (see `EmbeddingHead`) that turns what the backbones see into the embedding, such as
        /// `dreamsim train --method mlp` keeps; nil for none. A model of the catalog is then loaded without its own
        /// adapter, whose place the head takes.
        public var head: URL?
        /// The calibration that int8 is to take: a digest, or none; the one in use when nil.
        package var calibration: String??
        /// Whether the model stands in for the default one, which is not here; set on the way.
        var isStandIn = false

        /// The reference's defaults, with the environment's folders.
        public init(
            store: ModelStore.Configuration, preprocessing: Preprocessing = .standard, isNormalized: Bool = true,
            precision: Precision? = nil, keepsMergedFile: Bool = true, head: URL? = nil
        ) {
            (self.store, self.preprocessing, self.isNormalized) = (store, preprocessing, isNormalized)
            (self.precision, self.keepsMergedFile, self.head) = (precision, keepsMergedFile, head)
        }
    }

    /// What a load reports on the way.
    public enum LoadingEvent: Sendable {
        /// Weights are being fetched.
        case fetching(DownloadProgress)
        /// Something worth knowing that does not keep the model from working.
        case note(String)
        /// Another model stands in for the default one, whose weights are not here; its distances have another scale.
        case standIn(String)
    }

    /// Loads a model; fetches its weights first when they are not there and that is allowed.
    /// - Parameters:
    ///   - name: a name of the catalog, `default`, the path of a description (JSON), or the path of a merged file.
    ///   - options: folders and settings; the environment's when nil.
    ///   - report: called with progress and notes, from any thread.
    /// - Throws: `DreamSimError`, saying what to do.
    public static func load(
        _ name: String = "default", options: LoadingOptions? = nil,
        report: @escaping @Sendable (LoadingEvent) -> Void = { _ in }
    ) async throws -> PerceptualModel {
        var options = try options ?? LoadingOptions(store: .fromEnvironment())
        let name = options.resolved(name, for: options.head == nil ? .comparing : .tuning, report: report)
        switch try await Catalog.found(name, in: ModelStore(options.store), report: report) {
        case .mergedFile(let url):
            let store = ModelStore(options.store)
            var merged = try DreamSimError.readingWeights { try MergedModel(contentsOf: url, checkedBy: store) }
            let found = merged.header.precision ?? .float32
            if let wanted = options.precision, wanted != found {
                guard found == .float32 else {
                    throw DreamSimError(
                        .badSetting, "precision \(wanted.rawValue)",
                        "\(url.path) holds weights that are rounded to \(found.rawValue); name the model that it was made of, "
                            + "or convert that again")
                }
                merged = try merged.rounded(to: wanted, store)
            }
            let head = try ModelHead(
                options, for: merged.header.name, parts: merged.header.parts, weights: merged.header.weights)
            return try PerceptualModel(merged, head: head, options: options)
        case .description(let description):
            return try await load(
                options.head == nil ? description : description.untuned, options: options, report: report)
        }
    }

    /// Loads a model from its description, with the adapter that it names; fetches its weights first when they are not
    /// there and that is allowed.
    /// - Throws: as `load(_:options:report:)`.
    public static func load(
        _ description: ModelDescription, options: LoadingOptions,
        report: @escaping @Sendable (LoadingEvent) -> Void = { _ in }
    ) async throws -> PerceptualModel {
        let store = ModelStore(options.store)
        let resolver = WeightResolver(description: description, store: store)
        do {
            return try load(resolver, try resolver.resolve(), options: options, report: report)
        } catch let error as DreamSimError where error.kind == .weightsMissing {
            try await fetch(description, store, report: report)
            return try load(resolver, try resolver.resolve(), options: options, report: report)
        }
    }

    /// Fetches what is missing of a model's weights.
    /// - Throws: `DreamSimError` with `.weightsMissing`, saying what to fetch by hand and where to put it, when fetching
    ///   is not allowed or fails.
    public static func fetch(
        _ description: ModelDescription, _ store: ModelStore,
        report: @escaping @Sendable (LoadingEvent) -> Void = { _ in }
    ) async throws {
        try await description.needs.fetch(store, report: report)
    }

    private static func load(
        _ resolver: WeightResolver, _ files: WeightResolver.Files, options: LoadingOptions,
        report: (LoadingEvent) -> Void
    ) throws -> PerceptualModel {
        let (description, store) = (resolver.description, resolver.store)
        let digests = try files.digests(store, from: description.sources) { report(.note($0)) }
        let hash = try description.weightsHash(digests: digests)
        let head = try ModelHead(
            options, for: description.name, parts: description.parts, weights: hash)
        let precision = options.precision ?? .float32
        let plan = try RoundingPlan(
            precision, calibrated: options.calibration, of: hash, parts: description.parts.count, store)
        let url = store.mergedFolder.appending(
            path: "\(description.name)-\(hash.prefix(16))\(plan.suffix).\(MergedModel.fileExtension)")
        if options.keepsMergedFile, let merged = try? MergedModel(contentsOf: url, checkedBy: store),
            merged.header.weights == hash,
            merged.header.precision ?? .float32 == precision, merged.header.calibration == plan.digest
        {
            return try PerceptualModel(merged, description: description, head: head, options: options)
        }
        let weights = try DreamSimError.readingWeights {
            try plan.smoothed(files.load(description), description.parts)
        }
        let header = MergedModel.Header(
            name: description.stampName, summary: description.summary, license: description.license,
            parts: description.parts, weights: hash,
            precision: precision == .float32 ? nil : precision, calibration: plan.digest,
            sources: digests)
        for set in weights { try set.checkFinite() }
        if options.keepsMergedFile {
            do {
                try Folder.make(store.mergedFolder.path)
                try MergedModel.write(header, weights: weights, to: url)
                // From the file, so that this process too holds mapped pages and not a copy.
                return try PerceptualModel(
                    MergedModel(contentsOf: url, checkedBy: nil), description: description, head: head, options: options
                )
            } catch {
                report(.note("the merged weights could not be kept, so that the next start will be slow: \(error)"))
            }
        }
        let kept = zip(description.parts, weights).map { $0.packed($1, in: precision) }
        return try PerceptualModel(
            MergedModel(header: header, weights: kept), description: description, head: head, options: options)
    }

    /// Loads a model and writes it as one merged file, which `load` takes by its path.
    /// - Parameters:
    ///   - url: where to write; an existing file is replaced only when the new one is complete.
    ///   - report: called with notes.
    public static func convert(
        _ description: ModelDescription, store: ModelStore, precision: Precision = .float32, to url: URL,
        report: (LoadingEvent) -> Void = { _ in }
    ) throws {
        let files = try WeightResolver(description: description, store: store).resolve()
        let digests = try files.digests(store, from: description.sources) { report(.note($0)) }
        let hash = try description.weightsHash(digests: digests)
        let plan = try RoundingPlan(precision, of: hash, parts: description.parts.count, store)
        let header = MergedModel.Header(
            name: description.stampName, summary: description.summary, license: description.license,
            parts: description.parts, weights: hash, precision: precision == .float32 ? nil : precision,
            calibration: plan.digest, sources: digests)
        let weights = try DreamSimError.readingWeights {
            try plan.smoothed(files.load(description), description.parts)
        }
        try MergedModel.write(header, weights: weights, to: url)
    }

    private convenience init(
        _ merged: MergedModel, description: ModelDescription? = nil, head: ModelHead?, options: LoadingOptions
    ) throws {
        let header = merged.header
        let description =
            description
            ?? ModelDescription(
                name: header.name, summary: header.summary, parts: header.parts, sources: [], license: header.license,
                seen: Catalog.model(named: header.name)?.seen)
        try self.init(
            head.map { description.headed(by: $0.file) } ?? description,
            parts: zip(header.parts, merged.weights).map { try PartNetwork($0, weights: $1) },
            weightsHash: head?.weights ?? header.weights, precision: header.precision ?? .float32,
            calibration: header.calibration,
            preprocessing: options.preprocessing, isNormalized: options.isNormalized, head: head?.network,
            isStandIn: options.isStandIn)
    }
}

extension PerceptualModel.LoadingOptions {
    /// What a name stands for on this machine; keeps whether another model stands in for the default one, and reports it.
    mutating func resolved(
        _ name: String, for work: Catalog.Work, report: (PerceptualModel.LoadingEvent) -> Void
    ) -> String {
        Catalog.resolved(name, for: work, in: ModelStore(store)) {
            isStandIn = true
            report(.standIn($0))
        }
    }
}

extension WeightSet {
    /// Refuses weights that are NaN or infinite: attention and activations can make finite numbers of them, which look right.
    func checkFinite() throws(DreamSimError) {
        guard let name = tensors.keys.sorted().first(where: { tensors[$0]?.isFinite == false }) else { return }
        throw DreamSimError(
            .malformed, origin, key: name, "holds NaN or infinite values; fetch the weights again, or make them anew")
    }
}

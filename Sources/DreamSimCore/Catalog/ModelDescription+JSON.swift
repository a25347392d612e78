public import DreamSimNetworks
public import Foundation

extension ModelDescription {
    /// Reads the description of a user's own model.
    ///
    /// ```json
    /// {
    ///   "name": "mine",
    ///   "backbones": [
    ///     { "architecture": "dinov2_vits14", "weights": "backbone.pth", "feature": "cls" }
    ///   ],
    ///   "adapter": "my_lora"
    /// }
    /// ```
    ///
    /// `architecture` is a backbone's name, or an object with every field of `VisionTransformerConfiguration`. In place of
    /// `architecture` and `weights`, `model` names another model as `PerceptualModel.load` takes it, all of whose backbones
    /// are taken, without its adapter: so several make an ensemble.
    /// `prefix` (what stands before the names of the weights), `adapter` (a PEFT folder), `summary` and `license` may be
    /// left out. Paths are relative to the description.
    /// - Parameter store: where repositories that it names are; the environment's when nil.
    /// - Throws: `DreamSimError` with `.badDescription`, naming the key.
    public init(contentsOf url: URL, in store: ModelStore? = nil) throws(DreamSimError) {
        func fault(_ reason: String) -> DreamSimError { DreamSimError(.badDescription, url.path, reason) }
        let file = try OwnModel(contentsOf: url)
        guard !file.backbones.isEmpty else { throw fault("'backbones' is empty") }
        let folder = url.absoluteURL.deletingLastPathComponent()
        let repositories: ModelStore
        if let store { repositories = store } else { repositories = ModelStore(try .fromEnvironment()) }
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") ? path : folder.appending(path: path).standardizedFileURL.path
        }
        var parts: [Part] = []
        var (sources, licenses): ([WeightSource], [String]) = ([], file.license.map { [$0] } ?? [])
        for (index, entry) in file.backbones.enumerated() {
            if let name = entry.model {
                var taken = try Self.named(name, besides: folder, in: repositories)
                if let feature = entry.feature { taken = try taken.reading(feature.name) }
                parts += taken.parts
                sources += taken.sources.filter { !sources.contains($0) }
                if file.license == nil, !licenses.contains(taken.license) { licenses.append(taken.license) }
                continue
            }
            guard let architecture = entry.architecture, let weights = entry.weights, let feature = entry.feature else {
                throw fault("backbones[\(index)] needs 'architecture', 'weights' and 'feature', or 'model'")
            }
            let configuration: VisionTransformerConfiguration
            let name: String
            switch architecture {
            case .named(let architecture):
                guard let backbone = Backbone(name: architecture) else {
                    throw fault(
                        "backbones[\(index)].architecture: '\(architecture)' is not a backbone; "
                            + "one is named like dino_vitb16, open_clip_vitl14 or dinov2_vits14_reg4")
                }
                (configuration, name) = (backbone.configuration, architecture)
            case .explicit(let explicit):
                if let wrong = explicit.fault {
                    throw fault("backbones[\(index)].architecture.\(wrong.key): \(wrong.reason)")
                }
                (configuration, name) = (explicit, "backbone\(index)")
            }
            guard feature.width(in: configuration) != nil else {
                throw fault("backbones[\(index)].feature: '\(feature.name)' does not exist in \(name)")
            }
            parts.append(
                Part(
                    name: name, configuration: configuration, feature: feature,
                    files: [File(absolute(weights), prefix: entry.prefix)]))
        }
        self.init(
            name: file.name, summary: file.summary ?? "described by \(url.lastPathComponent)", parts: parts,
            adapter: file.adapter.map(absolute), sources: sources,
            license: licenses.isEmpty ? "not stated" : licenses.joined(separator: "; "))
        // A mixture has no meaning: normalization happens either on tokens or on the whole embedding.
        guard Set(transformers.map { $0.feature.kind == .clsPatch }).count == 1 else {
            throw fault("'cls_patch' cannot be mixed with other features")
        }
    }
}

extension ModelDescription {
    /// An ensemble of models, without their adapters.
    /// - Parameter names: backbones such as `dinov3_vits16`, or names as `PerceptualModel.load` takes them.
    /// - Throws: `DreamSimError` as `Catalog.find`.
    package init(ensembleOf names: [String], in store: ModelStore) throws(DreamSimError) {
        var (parts, sources, licenses): ([Part], [WeightSource], [String]) = ([], [], [])
        for name in names {
            let model = try Self.named(name, besides: nil, in: store)
            parts += model.parts
            sources += model.sources.filter { !sources.contains($0) }
            if !licenses.contains(model.license) { licenses.append(model.license) }
        }
        guard Set(parts.map { $0.isPooledByTokens }).count == 1 else {
            throw DreamSimError(
                .badSetting, names.joined(separator: ", "), "'cls_patch' cannot be mixed with other features")
        }
        self.init(
            name: parts.map(\.name).joined(separator: "-"), summary: "an ensemble of \(names.joined(separator: ", "))",
            parts: parts, sources: sources, license: licenses.joined(separator: "; "))
    }

    /// Writes the description of an ensemble, which `init(contentsOf:in:)` reads.
    /// - Parameters:
    ///   - names: as `init(ensembleOf:in:)` takes them; paths of folders and files become absolute.
    ///   - adapter: relative to the file; nil for none.
    /// - Throws: `DreamSimError` with `.unwritable`.
    package static func writeEnsemble(_ names: [String], adapter: String?, to url: URL) throws {
        struct Entry: Encodable { let model: String }
        struct Contents: Encodable {
            let name: String
            let backbones: [Entry]
            let adapter: String?
        }
        let entries = names.map { name in
            let exists = FileManager.default.fileExists(atPath: name)
            return Entry(model: exists ? URL(filePath: name).absoluteURL.standardizedFileURL.path : name)
        }
        let name = url.absoluteURL.deletingLastPathComponent().lastPathComponent
        let text = try JSON.text(Contents(name: name, backbones: entries, adapter: adapter)) + "\n"
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(Array(text.utf8), to: url.path.utf8)
        } catch {
            throw DreamSimError(error)
        }
    }

    /// A model by its name, or that of its backbone, without its adapter.
    private static func named(
        _ name: String, besides folder: URL?, in store: ModelStore
    ) throws(DreamSimError) -> ModelDescription {
        // One that named itself would never end.
        guard !name.hasSuffix(".json") else {
            throw DreamSimError(.badDescription, name, "is itself a description; name its models")
        }
        if Backbone(name: name) != nil, let untuned = Catalog.model(named: name + "-untuned") { return untuned }
        guard case .description(let model) = try Catalog.find(Self.path(name, besides: folder), in: store) else {
            throw DreamSimError(.badDescription, name, "is a merged model, whose backbones cannot be taken; name them")
        }
        return model.untuned
    }

    /// A path beside a description, where there is one; else the name.
    private static func path(_ name: String, besides folder: URL?) -> String {
        guard let folder, !name.hasPrefix("/"), !HuggingFaceRepository.isMeant(name) else { return name }
        let path = folder.appending(path: name).standardizedFileURL.path
        return Catalog.model(named: name) == nil && FileManager.default.fileExists(atPath: path) ? path : name
    }

    /// The repositories that a name stands for, itself or by a description.
    static func repositories(of name: String) throws(DreamSimError) -> [HuggingFaceRepository] {
        if HuggingFaceRepository.isMeant(name) { return [try HuggingFaceRepository(name)] }
        guard name.hasSuffix(".json"), Catalog.model(named: name) == nil else { return [] }
        var repositories: [HuggingFaceRepository] = []
        for model in try OwnModel(contentsOf: URL(filePath: name)).backbones.compactMap(\.model)
        where HuggingFaceRepository.isMeant(model) {
            repositories.append(try HuggingFaceRepository(model))
        }
        return repositories
    }
}

extension ModelDescription.Part {
    /// Whether patch tokens are pooled before the final norm, which moves normalization to the tokens.
    fileprivate var isPooledByTokens: Bool {
        if case .transformer(_, let feature) = extractor { feature.kind == .clsPatch } else { false }
    }
}

/// The file format of a user's own model.
private struct OwnModel: Decodable {
    var name: String
    var summary: String?
    var license: String?
    var backbones: [OwnBackbone]
    var adapter: String?

    init(contentsOf url: URL) throws(DreamSimError) {
        do {
            self = try JSONDecoder().decode(OwnModel.self, from: RegularFile.read(url, byteLimit: 1 << 20))
        } catch let error as DecodingError {
            throw DreamSimError(
                .badDescription, url.path, "is not a description of a model: \(error.plainReason)")
        } catch {
            throw DreamSimError(.badDescription, url.path, "cannot be read: \(error.plainReason)")
        }
    }
}

private struct OwnBackbone: Decodable {
    enum Architecture: Decodable {
        case named(String)
        case explicit(VisionTransformerConfiguration)

        init(from decoder: any Decoder) throws {
            if let name = try? decoder.singleValueContainer().decode(String.self) {
                self = .named(name)
            } else {
                self = .explicit(try VisionTransformerConfiguration(from: decoder))
            }
        }
    }

    var model: String?
    var architecture: Architecture?
    var weights: String?
    var prefix: String?
    var feature: Feature?
}

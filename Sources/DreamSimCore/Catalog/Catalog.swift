package import Foundation

/// Every model that is known by name. To add one, add its value to the file of its kind; it is listed here by that.
package enum Catalog {
    /// The name that stands for the model to use when none is named: DreamSim's own default, `ensemble`, where its weights are
    /// on this machine, else the stand-in for what it is to do.
    package static let defaultModel = "default"

    /// What the default model is to do, by which another stands in for it; the weights of each can be had wherever there is a
    /// Python package index.
    package enum Work: Sendable {
        /// To compare images as it is.
        case comparing
        /// To be tuned, or to be read or completed otherwise than as published: with a feature, an adapter or a head.
        case tuning

        /// The model that stands in.
        package var standIn: String {
            switch self {
            case .comparing: "lite"
            case .tuning: "vits14-focus"
            }
        }
    }

    /// What the name of the default model stands for on this machine; any other name stays.
    /// - Parameter note: called with a line that says so when another model steps in.
    package static func resolved(
        _ name: String, for work: Work = .comparing, in store: ModelStore, note: (String) -> Void = { _ in }
    ) -> String {
        guard name == defaultModel else { return name }
        guard let ensemble = model(named: "ensemble"), !ensemble.isReady(in: store) else { return "ensemble" }
        note(
            "the model is '\(work.standIn)', because the weights of DreamSim's own 'ensemble' are not here; "
                + "fetch them to use it")
        return work.standIn
    }

    /// All models: the published ones, those of Python packages, then the untuned backbones.
    package static let all: [ModelDescription] = official + packaged + untuned

    /// What a model's name stands for.
    package enum Entry: Sendable {
        /// A model whose weights lie in several files.
        case description(ModelDescription)
        /// A whole model in one merged file.
        case mergedFile(URL)
    }

    /// The model of the catalog with that name; nil when there is none.
    package static func model(named name: String) -> ModelDescription? {
        all.first { $0.name == name }
    }

    /// Finds a model by its name in the catalog, which may have a feature after a plus sign as in
    /// `vits14-focus+cls`, as a repository of Hugging Face's hub (`hf:OWNER/NAME@REVISION`), or by the path of a description
    /// (`.json`), of a merged file (`.safetensors`) or of a folder with `config.json` and weights.
    /// - Parameter store: where repositories are.
    /// - Throws: `DreamSimError` with `.unknownModel`, naming what comes near, `.badDescription`, `.badConfiguration`,
    ///   `.weightsMissing` for a repository that is not here, or `.badSetting` for a feature that the model does not have.
    package static func find(_ name: String, in store: ModelStore) throws(DreamSimError) -> Entry {
        if let model = model(named: name == defaultModel ? "ensemble" : name) { return .description(model) }
        if let plus = name.lastIndex(of: "+"), let model = model(named: String(name[..<plus])) {
            return .description(try model.reading(String(name[name.index(after: plus)...])))
        }
        if HuggingFaceRepository.isMeant(name) {
            return .description(try HuggingFaceRepository(name).description(in: store))
        }
        if name.hasSuffix(".json") {
            return .description(try ModelDescription(contentsOf: URL(filePath: name), in: store))
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder), isFolder.boolValue {
            let url = URL(filePath: name)
            let files = (try? FileManager.default.contentsOfDirectory(atPath: name)) ?? []
            return .description(try PretrainedFolder(url).description(offered: files))
        }
        if name.hasSuffix(".safetensors") { return .mergedFile(URL(filePath: name)) }
        let near = namesNear(name)
        let advice =
            near.isEmpty
            ? "the catalog lists all names" : "did you mean \(near.map { "'\($0)'" }.joined(separator: ", "))?"
        throw DreamSimError(
            .unknownModel, "'\(name)'",
            "is no model or metric of the catalog; \(advice) (a path must end in .json or .safetensors, or be a folder)"
        )
    }

    /// Finds a model as `find(_:in:)` does; what describes a repository is fetched first when it is not there and that is
    /// allowed.
    package static func found(
        _ name: String, in store: ModelStore, report: @escaping @Sendable (PerceptualModel.LoadingEvent) -> Void
    ) async throws -> Entry {
        for repository in try ModelDescription.repositories(of: name) {
            try await repository.fetchDescription(store, report: report)
        }
        return try find(name, in: store)
    }

    /// Names that may be meant, whatever is written large or with an underscore.
    private static func namesNear(_ name: String) -> [String] {
        func plain(_ name: String) -> String { name.lowercased().replacing("_", with: "-") }
        let known = Dictionary(
            (MetricCatalog.all.map(\.card.name) + all.map(\.name)).map { (plain($0), $0) }, uniquingKeysWith: { $1 })
        let wanted = plain(name)
        if let same = known[wanted] { return [same] }
        let parts = known.keys.filter { $0.contains(wanted) || wanted.contains($0) }.sorted()
        let close = NearMatches.of(wanted, among: known.keys.sorted(), within: max(1, wanted.count / 3))
        return (parts + close.filter { !parts.contains($0) }).prefix(4).compactMap { known[$0] }
    }
}

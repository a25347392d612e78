public import Foundation

/// Every model that is known by name. To add one, add its value to the file of its kind; it is listed here by that.
public enum Catalogue {
    /// The model that is used when none is named.
    public static let defaultModel = "ensemble"

    /// All models: the published ones, those of Python packages, then the untuned backbones.
    public static let all: [ModelDescription] = official + packaged + untuned

    /// What a model's name stands for.
    public enum Entry: Sendable {
        /// A model whose weights lie in several files.
        case description(ModelDescription)
        /// A whole model in one merged file.
        case mergedFile(URL)
    }

    /// The model of the catalogue with that name; nil when there is none.
    public static func model(named name: String) -> ModelDescription? {
        all.first { $0.name == name }
    }

    /// Finds a model by its name in the catalogue, or by the path of a description (`.json`) or of a merged file
    /// (`.safetensors`).
    /// - Throws: `DreamSimError` with `.unknownModel`, naming what comes near, or `.badDescription`.
    public static func find(_ name: String) throws(DreamSimError) -> Entry {
        if let model = model(named: name) { return .description(model) }
        if name.hasSuffix(".json") {
            return .description(try ModelDescription(contentsOf: URL(filePath: name)))
        }
        if name.hasSuffix(".safetensors") { return .mergedFile(URL(filePath: name)) }
        let known = all.map(\.name) + MetricCatalogue.all.map(\.card.name)
        let near = known.filter { $0.contains(name) || name.contains($0) }
        let advice =
            near.isEmpty
            ? "see 'dreamsim metrics'" : "did you mean \(near.map { "'\($0)'" }.joined(separator: ", "))?"
        throw DreamSimError(
            .unknownModel, "model '\(name)'",
            "is not in the catalogue; \(advice) (a path must end in .json or .safetensors)")
    }
}

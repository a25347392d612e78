import ArgumentParser
import DreamSim

/// Which metrics, by their names.
struct MetricNames: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Comma-separated names of metrics or models, or 'all'; the first ranks.",
            valueName: "names"),
        completion: .list(["all"] + MetricCatalog.all.map(\.card.name) + Catalog.all.map(\.name)))
    var metric: [String] = []

    /// The word that stands for every metric that is ready.
    static let everything = "all"

    func validate() throws {
        guard metric.allSatisfy({ !Self.split($0).contains("") }) else {
            throw ValidationError("--metric: a name is missing in '\(metric.joined(separator: ","))'")
        }
    }

    private static func split(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The names in the order given, each once; that of --model first.
    func names(_ model: ModelOptions) -> [String] {
        var names: [String] = []
        for name in ((model.chosenModel.map { [$0] } ?? []) + metric.flatMap(Self.split)).map(model.limited)
        where !names.contains(name) {
            names.append(name)
        }
        return names.isEmpty ? [model.limited(model.model)] : names
    }

    /// Whether every metric that is ready was asked for.
    func isEverything(_ model: ModelOptions) -> Bool { names(model).contains(Self.everything) }

    /// The names, with those of every metric that is ready in the place of 'all', and a note on the others.
    func ready(_ model: ModelOptions, quiet: Bool) throws -> [String] {
        var wanted = names(model)
        if let place = wanted.firstIndex(of: Self.everything) {
            let store = ModelStore(try model.store.configuration())
            let listing = MetricCatalog.listing(in: store)
            // The first ranks: the default model, where it is here, and not what comes first in a list of kinds.
            let first = Catalog.resolved(Catalog.defaultModel, for: model.work, in: store)
            let all = listing.filter(\.isReady).map(\.name)
            let ready = all.filter { $0 == first } + all.filter { $0 != first }
            let missing = listing.filter { !$0.isReady && !wanted.contains($0.name) }.map(\.name)
            wanted.replaceSubrange(place...place, with: ready.filter { !wanted.contains($0) })
            if !quiet, !missing.isEmpty {
                Terminal.note(
                    "left out, because their weights are not here: \(missing.joined(separator: ", ")); "
                        + "'dreamsim models pull NAME' fetches one")
            }
        }
        if model.feature != nil, wanted.count > 1 {
            throw ValidationError("--feature needs a single model, not \(wanted.joined(separator: ", "))")
        }
        return wanted
    }

    /// Refuses metrics that have the same name, as a model has in two precisions: values go by names, and would be mistaken.
    static func checkDistinct(_ metrics: [any PerceptualMetric]) throws {
        var seen: Set<String> = []
        if let name = metrics.map(\.card.name).first(where: { !seen.insert($0).inserted }) {
            throw DreamSimError(
                .duplicate, "\(name)",
                "two of the metrics have this name, by which values go; use one after the other, or 'dreamsim models "
                    + "precision' to compare precisions")
        }
    }
}

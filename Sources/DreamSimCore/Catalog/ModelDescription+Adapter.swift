public import Foundation

extension ModelDescription {
    /// The same model without its adapter, to be tuned anew.
    public var untuned: ModelDescription {
        adapter == nil ? self : replacing(adapter: nil, name: name + "+untuned", seen: nil)
    }

    /// The same model with another adapter in place of its own.
    /// - Parameter folder: as PEFT writes it, or `dreamsim train`.
    public func adapted(by folder: URL) -> ModelDescription {
        let folder = folder.absoluteURL.standardizedFileURL
        return replacing(
            adapter: folder.path, name: "\(name)+\(folder.lastPathComponent)", seen: adapter == nil ? seen : nil)
    }

    /// The same model with a head after it.
    func headed(by file: URL) -> ModelDescription {
        replacing(adapter: adapter, name: "\(name)+\(file.deletingPathExtension().lastPathComponent)", seen: seen)
    }

    private func replacing(adapter: String?, name: String, seen: SeenJudgments?) -> ModelDescription {
        ModelDescription(
            name: name, summary: summary, parts: parts, adapter: adapter, sources: sources, license: license, seen: seen
        )
    }
}

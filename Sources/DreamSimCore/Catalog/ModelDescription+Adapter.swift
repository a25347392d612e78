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
            adapter: folder.path, name: "\(name)+\(Self.label(folder))", seen: adapter == nil ? seen : nil)
    }

    /// The same model with a head after it.
    func headed(by file: URL) -> ModelDescription {
        replacing(adapter: adapter, name: "\(name)+\(Self.label(file.absoluteURL.standardizedFileURL))", seen: seen)
    }

    /// What a result of tuning is called: every run has one named `best`, so that the run's name goes with it.
    private static func label(_ url: URL) -> String {
        let (own, run) = (
            url.deletingPathExtension().lastPathComponent, url.deletingLastPathComponent().lastPathComponent
        )
        return ["best", "last"].contains(own) && !run.isEmpty && run != "/" ? "\(run)-\(own)" : own
    }

    private func replacing(adapter: String?, name: String, seen: SeenJudgments?) -> ModelDescription {
        ModelDescription(
            name: name, summary: summary, parts: parts, adapter: adapter, sources: sources, license: license, seen: seen
        )
    }
}

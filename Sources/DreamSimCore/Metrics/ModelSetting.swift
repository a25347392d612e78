/// A setting of models, which other metrics do not have, but for the precision of a few.
package enum ModelSetting: String, Sendable, CaseIterable {
    case feature, adapter, head, side, fit, normalize, precision

    /// What has it, in the plural.
    private var owners: String { self == .precision ? "models, LPIPS and DISTS" : "models" }

    private func isKnown(to entry: MetricCatalog.Entry) -> Bool { self == .precision && entry.takesIntegers }

    /// The first of some settings that would change nothing, unsaid, because none of the metrics has it.
    /// - Parameters:
    ///   - given: those that were given.
    ///   - metrics: the metrics' names; one that is not in the catalog's list may be a model's.
    /// - Returns: the setting, and what is to be said of it; nil when each given one is of use.
    package static func withoutEffect(
        _ given: [ModelSetting], on metrics: [String]
    ) -> (setting: ModelSetting, problem: String)? {
        let entries = metrics.compactMap { name in MetricCatalog.all.first { $0.card.name == name } }
        guard entries.count == metrics.count,
            let setting = given.first(where: { setting in !entries.contains { setting.isKnown(to: $0) } })
        else { return nil }
        return (
            setting,
            "is for \(setting.owners), and \(metrics.joined(separator: ", ")) \(metrics.count == 1 ? "is" : "are") none; "
                + "leave it out"
        )
    }
}

extension PerceptualModel.LoadingOptions {
    /// The settings that are not as they are when nothing is said.
    package var given: [ModelSetting] {
        let settings: [(ModelSetting, Bool)] = [
            (.head, head != nil), (.side, preprocessing.side != Preprocessing.standard.side),
            (.fit, preprocessing.fit != Preprocessing.standard.fit), (.normalize, !isNormalized),
            (.precision, precision.map { $0 != .float32 } ?? false),
        ]
        return settings.filter(\.1).map(\.0)
    }
}

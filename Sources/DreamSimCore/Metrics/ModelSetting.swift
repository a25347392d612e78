/// A setting of models, which other metrics do not have, but for the precision and the foregrounds of a few.
package enum ModelSetting: String, Sendable {
    case feature, adapter, head, side, fit, normalize, precision, foreground

    /// What has it, in the plural.
    private var owners: String {
        switch self {
        case .precision: "models, LPIPS and DISTS"
        case .foreground: "models and pdq"
        default: "models"
        }
    }

    /// Whether a metric may have it; one that is not in the catalog may be a user's model.
    private func isKnown(to metric: String) -> Bool {
        if let entry = MetricCatalog.entry(of: metric) {
            return self == .precision && entry.takesIntegers || self == .foreground && entry.embeds
        }
        return self != .normalize || !Self.weighsParts(metric)
    }

    /// Whether a model's vectors have shares in its distance, so that each of them is normalized in any case.
    private static func weighsParts(_ metric: String) -> Bool {
        Catalog.model(named: ForegroundMetric.base(of: metric) ?? metric)?.parts.contains { $0.shares != nil } ?? false
    }

    /// The first of some settings that would change nothing, unsaid, because none of the metrics has it.
    /// - Parameters:
    ///   - given: those that were given.
    ///   - metrics: the metrics' names; one that is not in the catalog's list may be a model's.
    /// - Returns: the setting, and what is to be said of it; nil when each given one is of use.
    package static func withoutEffect(
        _ given: [ModelSetting], on metrics: [String]
    ) -> (setting: ModelSetting, problem: String)? {
        guard let setting = given.first(where: { setting in !metrics.contains { setting.isKnown(to: $0) } }) else {
            return nil
        }
        if let model = metrics.first(where: weighsParts) {
            return (setting, "changes nothing of \(model), which normalizes each of its parts; leave it out")
        }
        return (
            setting,
            "is for \(setting.owners), and \(metrics.joined(separator: ", ")) \(metrics.count == 1 ? "is" : "are") none; "
                + "leave it out"
        )
    }
}

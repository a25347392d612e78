import ArgumentParser
import DreamSim
import Foundation

/// What is known of a metric's numbers from `dreamsim evaluate` and `dreamsim calibrate`.
struct ProfileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Exit with code 1 beyond the calibrated threshold: 'profile' or a file.", valueName: "profile|file"),
        completion: .file())
    var thresholdFrom: String?

    /// The profile of a metric; nil when there is none and none is needed.
    /// - Throws: `DreamSimError` when a threshold was asked for and there is none.
    func profile(_ identity: MetricIdentity, in store: ModelStore) throws -> MetricProfile? {
        guard let thresholdFrom else { return MetricProfile.find(identity, in: store) }
        let identity = thresholdFrom == "profile" ? MetricProfile.applicable(identity, in: store) : identity
        let url =
            thresholdFrom == "profile" ? MetricProfile.url(of: identity, in: store) : URL(filePath: thresholdFrom)
        let profile = try MetricProfile(contentsOf: url, of: identity)
        _ = try profile.requireThreshold(url)
        return profile
    }

    /// Limits a metric to its profile's threshold, where that was asked for.
    func limit(_ metric: MetricColumn, to profile: MetricProfile?, in limits: inout MetricLimits) {
        guard thresholdFrom != nil, let threshold = profile?.threshold else { return }
        limits.add(threshold.value, of: metric)
    }
}

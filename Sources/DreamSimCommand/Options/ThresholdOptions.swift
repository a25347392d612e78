import ArgumentParser
import DreamSim
import Foundation

/// The limits that let a script fail.
struct ThresholdOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Exit with code 1 when a distance exceeds VALUE, or NAME=VALUE.", valueName: "value"))
    var failAbove: [Threshold] = []

    @Option(
        help: ArgumentHelp("Exit with code 1 when a similarity falls below VALUE, or NAME=VALUE.", valueName: "value"))
    var failBelow: [Threshold] = []

    /// A limit, and the name of its metric; nil for the first.
    struct Threshold: ExpressibleByArgument {
        let name: String?
        let value: Double

        init?(argument: String) {
            let equals = argument.lastIndex(of: "=")
            guard let value = Double(equals.map { String(argument[argument.index(after: $0)...]) } ?? argument) else {
                return nil
            }
            name = equals.map { String(argument[..<$0]) }
            self.value = value
        }
    }

    /// A limit of one metric.
    private struct Limit {
        let option: String
        let direction: Direction
        let threshold: Threshold
    }

    private var limits: [Limit] {
        failAbove.map { Limit(option: "--fail-above", direction: .lowerIsMoreAlike, threshold: $0) }
            + failBelow.map { Limit(option: "--fail-below", direction: .higherIsMoreAlike, threshold: $0) }
    }

    /// Checks the limits against the metrics that were asked for.
    func validate(for metrics: MetricOptions) throws {
        for limit in limits {
            let name = limit.threshold.name ?? metrics.names[0]
            if limit.threshold.name == nil && metrics.names[0] == "all" {
                throw ValidationError("\(limit.option) needs NAME=value together with --metric all")
            }
            guard metrics.names.contains(name) || metrics.isEverything else {
                throw ValidationError(
                    "\(limit.option) \(name)=\(limit.threshold.value): the metrics are \(metrics.names.joined(separator: ", "))"
                )
            }
            if name == Catalog.defaultModel { try refuseStandIn(limit, metrics.model.store.configuration()) }
            let (direction, range) = MetricOptions.range(of: name)
            guard direction == limit.direction else {
                let other = direction == .lowerIsMoreAlike ? "--fail-above" : "--fail-below"
                throw ValidationError("\(limit.option): of \(name), \(direction.rawValue); use \(other)")
            }
            guard range.contains(limit.threshold.value), limit.threshold.value.isFinite else {
                throw ValidationError(
                    "\(limit.option) must be a value of \(name), from \(range.lowerBound) to \(range.upperBound)")
            }
        }
    }

    /// A limit is one of a certain model's distances: another that stands in would let everything pass, or nothing.
    private func refuseStandIn(_ limit: Limit, _ configuration: ModelStore.Configuration) throws {
        let model = Catalog.resolved(Catalog.defaultModel, in: ModelStore(configuration))
        guard model != "ensemble" else { return }
        throw ValidationError(
            "\(limit.option) \(limit.threshold.value): the default model is not here, and the distances of '\(model)', which "
                + "stands in, have another scale; name the model that the limit is for, as with --model \(model)")
    }

    /// Whether values, by the metrics' names, pass a limit; what is not a number does.
    /// - Parameter first: the name of the first metric.
    func arePassed(by values: [String: Double], first: String) -> Bool {
        limits.contains { limit in
            guard let value = values[limit.threshold.name ?? first] else { return false }
            return limit.direction == .lowerIsMoreAlike
                ? !(value <= limit.threshold.value) : !(value >= limit.threshold.value)
        }
    }
}

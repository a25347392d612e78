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
            if name.contains(","), !metrics.names.contains(name) {
                throw ValidationError(
                    "\(limit.option) \(name)=\(limit.threshold.value): takes one limit; give the option again for each metric"
                )
            }
            guard metrics.names.contains(name) || metrics.isEverything else {
                throw ValidationError(
                    "\(limit.option) \(name)=\(limit.threshold.value): the metrics are \(metrics.names.joined(separator: ", "))"
                )
            }
            if (ForegroundMetric.base(of: name) ?? name) == Catalog.defaultModel {
                try refuseStandIn(limit, metrics.model)
            }
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
    private func refuseStandIn(_ limit: Limit, _ options: ModelOptions) throws {
        let store = ModelStore(try options.store.configuration())
        let model = Catalog.resolved(Catalog.defaultModel, for: options.work, in: store)
        guard model != "ensemble" else { return }
        throw ValidationError(
            "\(limit.option) \(limit.threshold.value): the default model is not here, and the distances of '\(model)', which "
                + "stands in, have another scale; name the model that the limit is for, as with --model \(model)")
    }

    /// The limits of metrics that were loaded.
    /// - Parameters:
    ///   - metrics: what the metrics' values say.
    ///   - names: what each of them was asked for by.
    /// - Throws: `ValidationError` for a limit of a metric that is not among them, and would never be exceeded, and for a
    ///   second limit of a metric.
    func limits(of metrics: [MetricColumn], askedForBy names: [String]) throws -> MetricLimits {
        var result = MetricLimits()
        for limit in limits {
            let name = limit.threshold.name ?? names[0]
            guard let index = names.firstIndex(of: name) ?? metrics.firstIndex(where: { $0.name == name }) else {
                throw ValidationError(
                    "\(limit.option) \(name)=\(limit.threshold.value): \(name) is not among the metrics that can be measured "
                        + "here (\(names.joined(separator: ", "))); name it with --metric to learn why")
            }
            do throws(DreamSimError) {
                try result.addFirst(limit.threshold.value, of: metrics[index])
            } catch {
                throw ValidationError("\(limit.option): \(error)")
            }
        }
        return result
    }
}

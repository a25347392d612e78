import DreamSim
import Foundation

/// Tells people what has no value, and remembers whether that is a failure.
struct MetricErrors {
    private let metrics: [MetricColumn]
    /// Whether metrics may lack values, because nobody asked for them by name; they are then noted once each.
    private let isTolerant: Bool
    private let isQuiet: Bool
    private var lacking: [String: (count: Int, example: String)] = [:]
    /// How many images or pairs have failed.
    private(set) var failures = 0

    init(_ metrics: [MetricColumn], isTolerant: Bool, isQuiet: Bool) {
        (self.metrics, self.isTolerant, self.isQuiet) = (metrics, isTolerant, isQuiet)
    }

    /// Whether something failed that was asked for.
    var hasFailed: Bool { failures > 0 }

    /// Takes note of an image or pair without any value.
    mutating func add(_ error: String) {
        Terminal.error(error)
        failures += 1
    }

    /// Takes note of what an image or pair lacks.
    /// - Parameters:
    ///   - errors: by the metrics' names.
    ///   - what: the image or the pair.
    mutating func add(_ errors: [String: String], of what: String) {
        guard !errors.isEmpty else { return }
        let faults = faults(errors)
        if isTolerant {
            for fault in faults {
                for name in fault.names { lacking[name, default: (0, fault.reason)].count += 1 }
            }
        } else {
            failures += 1
            for fault in faults { Terminal.error("\(what): \(fault.names.joined(separator: ", ")): \(fault.reason)") }
        }
    }

    /// Notes what was lacking.
    func finish(of total: Int) {
        guard !isQuiet else { return }
        var groups: [(names: [String], count: Int, example: String)] = []
        for metric in metrics {
            guard let (count, example) = lacking[metric.name] else { continue }
            if let index = groups.firstIndex(where: { $0.count == count && $0.example == example }) {
                groups[index].names.append(metric.name)
            } else {
                groups.append(([metric.name], count, example))
            }
        }
        for group in groups {
            Terminal.note(
                "\(group.names.joined(separator: ", ")): no value for \(group.count) of \(total), such as: \(group.example)"
            )
        }
    }

    /// The errors in the order of the metrics; those that say the same of several metrics come once.
    private func faults(_ errors: [String: String]) -> [(names: [String], reason: String)] {
        var faults: [(names: [String], reason: String)] = []
        for metric in metrics {
            guard var reason = errors[metric.name] else { continue }
            // A metric's own errors begin with its name.
            if reason.hasPrefix("\(metric.name): ") { reason.removeFirst(metric.name.count + 2) }
            if let index = faults.firstIndex(where: { $0.reason == reason }) {
                faults[index].names.append(metric.name)
            } else {
                faults.append(([metric.name], reason))
            }
        }
        return faults
    }
}

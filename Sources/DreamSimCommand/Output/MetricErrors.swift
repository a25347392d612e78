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
        let reasons = metrics.compactMap { metric in
            errors[metric.name].map { reason in
                // A metric's own errors begin with its name.
                let prefix = "\(metric.name): "
                return (metric.name, reason.hasPrefix(prefix) ? String(reason.dropFirst(prefix.count)) : reason)
            }
        }
        if isTolerant {
            for (name, reason) in reasons { lacking[name, default: (0, reason)].count += 1 }
        } else {
            failures += 1
            for (reason, names) in MetricText.grouped(reasons) {
                Terminal.error("\(what): \(names.joined(separator: ", ")): \(reason)")
            }
        }
    }

    /// Notes what was lacking.
    func finish(of total: Int) {
        guard !isQuiet else { return }
        let notes = metrics.compactMap { metric in
            lacking[metric.name].map { (metric.name, "no value for \($0.count) of \(total), such as: \($0.example)") }
        }
        for (note, names) in MetricText.grouped(notes) {
            Terminal.note("\(names.joined(separator: ", ")): \(note)")
        }
    }
}

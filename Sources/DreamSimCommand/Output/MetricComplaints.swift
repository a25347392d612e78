import DreamSim
import Foundation

/// Tells people what has no value, and remembers whether that is a failure.
struct MetricComplaints {
    private let metrics: [MetricColumn]
    /// Whether metrics may lack values, because nobody asked for them by name; they are then noted once each.
    private let isTolerant: Bool
    private let isQuiet: Bool
    private var lacking: [String: (count: Int, example: String)] = [:]
    /// How many pictures or pairs have failed.
    private(set) var failures = 0

    init(_ metrics: [MetricColumn], isTolerant: Bool, isQuiet: Bool) {
        (self.metrics, self.isTolerant, self.isQuiet) = (metrics, isTolerant, isQuiet)
    }

    /// Whether something failed that was asked for.
    var hasFailed: Bool { failures > 0 }

    /// Takes note of a picture or pair without any value.
    mutating func add(_ error: String) {
        Terminal.error(error)
        failures += 1
    }

    /// Takes note of what a picture or pair lacks.
    /// - Parameters:
    ///   - errors: by the metrics' names.
    ///   - what: the picture or the pair.
    mutating func add(_ errors: [String: String], of what: String) {
        guard !errors.isEmpty else { return }
        for metric in metrics {
            guard let error = errors[metric.name] else { continue }
            if isTolerant {
                lacking[metric.name, default: (0, error)].count += 1
            } else {
                Terminal.error("\(what): \(error)")
            }
        }
        if !isTolerant { failures += 1 }
    }

    /// Notes what was lacking.
    func finish(of total: Int) {
        guard !isQuiet else { return }
        for metric in metrics {
            guard let (count, example) = lacking[metric.name] else { continue }
            Terminal.note("\(metric.name) has no value for \(count) of \(total), such as: \(example)")
        }
    }
}

import Foundation
import Synchronization

/// What the service has done since it was started, for Prometheus.
final class Statistics: Sendable {
    private struct State {
        var requests: [Label: Int] = [:]
        var seconds: [String: Histogram] = [:]
        var batches = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64])
        var batchSeconds = 0.0
        var disconnects = 0
    }

    private struct Label: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Histogram {
        var bounds: [Double]
        var counts: [Int]
        var count = 0
        var sum = 0.0

        init(bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count)
        }

        mutating func add(_ value: Double) {
            for (i, bound) in bounds.enumerated() where value <= bound { counts[i] += 1 }
            count += 1
            sum += value
        }
    }

    private static let latencies = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    private let state = Mutex(State())
    private let start = ContinuousClock.now

    /// Counts a request that was answered. Routes are those of the table, so that their number is bounded.
    func countRequest(route: String, method: String, status: Int, seconds: Double) {
        state.withLock {
            $0.requests[Label(route: route, method: method, status: status), default: 0] += 1
            $0.seconds[route, default: Histogram(bounds: Self.latencies)].add(seconds)
        }
    }

    /// Counts a client that left before its answer.
    func countDisconnect() { state.withLock { $0.disconnects += 1 } }

    /// Counts a batch of images.
    func countBatch(_ images: Int, _ time: Duration) {
        state.withLock {
            $0.batches.add(Double(images))
            $0.batchSeconds += time.seconds
        }
    }

    /// The text that Prometheus reads (version 0.0.4).
    /// - Parameter gauges: values of the moment, by their names.
    func text(gauges: [(name: String, help: String, value: Double)]) -> String {
        let state = state.withLock { $0 }
        var lines: [String] = []
        func describe(_ name: String, _ type: String, _ help: String) {
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
        }
        func add(_ name: String, _ histogram: Histogram, _ labels: String = "") {
            let rest = labels.isEmpty ? "" : ",\(labels)"
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                lines.append("\(name)_bucket{le=\"\(Self.number(bound))\"\(rest)} \(count)")
            }
            lines.append("\(name)_bucket{le=\"+Inf\"\(rest)} \(histogram.count)")
            let braces = labels.isEmpty ? "" : "{\(labels)}"
            lines.append("\(name)_sum\(braces) \(Self.number(histogram.sum))")
            lines.append("\(name)_count\(braces) \(histogram.count)")
        }
        describe("dreamsim_requests_total", "counter", "Requests that were answered.")
        for (label, count) in state.requests.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            lines.append(
                "dreamsim_requests_total{route=\"\(label.route)\",method=\"\(label.method)\",status=\"\(label.status)\"} \(count)"
            )
        }
        describe("dreamsim_request_seconds", "histogram", "Time from a request's head to its answer.")
        for (route, histogram) in state.seconds.sorted(by: { $0.key < $1.key }) {
            add("dreamsim_request_seconds", histogram, "route=\"\(route)\"")
        }
        describe("dreamsim_batch_images", "histogram", "Images that passed a model together.")
        add("dreamsim_batch_images", state.batches)
        describe("dreamsim_batch_seconds_total", "counter", "Time that models took.")
        lines.append("dreamsim_batch_seconds_total \(Self.number(state.batchSeconds))")
        describe("dreamsim_disconnects_total", "counter", "Clients that left before their answers.")
        lines.append("dreamsim_disconnects_total \(state.disconnects)")
        for gauge in gauges + [("dreamsim_uptime_seconds", "Time since the start.", (.now - start).seconds)] {
            describe(gauge.name, "gauge", gauge.help)
            lines.append("\(gauge.name) \(Self.number(gauge.value))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

import HTTPTypes
import Synchronization

/// What the service has done since it was started, for Prometheus.
final class Statistics: Sendable {
    private struct State {
        var requests: [Request: Int] = [:]
        var durations: [Class: Histogram] = [:]
        var (queue, decode, model) = (Histogram.times, Histogram.times, Histogram.times)
        var refusals: [String: Int] = [:]
        var batches = Histogram([1, 2, 4, 8, 16, 32, 64])
        var batchDurations = Histogram.times
        var disconnects = 0
        var cancelled = 0
        var inFlight = 0
    }

    private struct Request: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Class: Hashable {
        let route: String
        let status: String
    }

    private let state: Mutex<State>

    init() {
        var state = State()
        // There from the start, so that the first of a kind is seen as a change.
        for kind in Problem.Kind.allCases where kind != .disconnected { state.refusals[kind.rawValue] = 0 }
        for ending in RequestLog.Ending.allCases { state.refusals[ending.rawValue] = 0 }
        self.state = Mutex(state)
    }

    /// Tells that a request is being answered.
    func beginRequest() { state.withLock { $0.inFlight += 1 } }

    /// Tells that it is no longer.
    func endRequest() { state.withLock { $0.inFlight -= 1 } }

    /// How many requests are being answered.
    var inFlight: Int { state.withLock(\.inFlight) }

    /// Counts a request. Routes are those of the table and methods are known ones, so that their number is bounded.
    func count(_ entry: RequestLog.Entry) {
        let route = entry.route ?? "none"
        let method = entry.method.map { $0.isKnown ? $0.rawValue : "other" } ?? "none"
        state.withLock { state in
            state.requests[Request(route: route, method: method, status: entry.status), default: 0] += 1
            // One that never became whole has no time.
            guard entry.method != nil else { return }
            state.durations[Class(route: route, status: "\(entry.status / 100)xx"), default: .times].add(entry.seconds)
            guard entry.work.images > 0 || !entry.work.metrics.isEmpty else { return }
            state.queue.add(entry.work.seconds(.waiting))
            state.decode.add(entry.work.seconds(.decoding))
            state.model.add(entry.work.seconds(.computing))
        }
    }

    /// Counts what a request no longer waited for.
    func countCancelled(_ count: Int) { state.withLock { $0.cancelled += count } }

    /// Counts a refusal.
    /// - Parameter reason: a kind of problem, or of a connection's end.
    func countRefusal(_ reason: String) {
        state.withLock { state in
            if reason == Problem.Kind.disconnected.rawValue {
                state.disconnects += 1
            } else {
                state.refusals[reason, default: 0] += 1
            }
        }
    }

    /// Counts a batch of images.
    func countBatch(_ images: Int, _ time: Duration) {
        state.withLock {
            $0.batches.add(Double(images))
            $0.batchDurations.add(time.seconds)
        }
    }

    /// Adds all to a text.
    func add(to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        text.counter(
            "dreamsim_requests_total", "Requests that were answered or refused.",
            state.requests.sorted { "\($0.key)" < "\($1.key)" }.map { request, count in
                (["route": request.route, "method": request.method, "status": "\(request.status)"], Double(count))
            })
        text.histogram(
            "dreamsim_request_duration_seconds", "Time from a request's head to its answer.",
            state.durations.sorted { "\($0.key)" < "\($1.key)" }.map {
                (["route": $0.key.route, "status": $0.key.status], $0.value)
            })
        for (name, help, histogram) in [
            ("queue", "Time that a request with images waited for its turn.", state.queue),
            ("decode", "Time in which images of a request were decoded and resized.", state.decode),
            ("model", "Time in which a request was computed.", state.model),
        ] {
            text.histogram(
                "dreamsim_\(name)_duration_seconds", help, [(labels: PrometheusText.Labels(), histogram: histogram)])
        }
        text.histogram(
            "dreamsim_batch_images", "Images that passed a model together.",
            [(labels: PrometheusText.Labels(), histogram: state.batches)])
        text.histogram(
            "dreamsim_batch_duration_seconds", "Time that a batch took in its model.",
            [(labels: PrometheusText.Labels(), histogram: state.batchDurations)])
        text.counter(
            "dreamsim_refused_total",
            "Requests and connections that were refused, by the problem's type or the reason.",
            state.refusals.sorted { $0.key < $1.key }.map { (["reason": $0.key], Double($0.value)) })
        text.counter(
            "dreamsim_disconnects_total", "Clients that left before their answers.", Double(state.disconnects))
        text.counter(
            "dreamsim_work_cancelled_total", "Decodings, batches and computations that nobody waited for any more.",
            Double(state.cancelled))
        text.gauge("dreamsim_requests_in_flight", "Requests that are being answered.", Double(state.inFlight))
    }
}

extension HTTPRequest.Method {
    /// Whether it is one of the usual ones; others are counted together.
    fileprivate var isKnown: Bool {
        [.get, .head, .post, .put, .delete, .options, .patch, .trace, .connect].contains(self)
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

import Synchronization

/// What a request has taken, for its line of the log and for histograms. Whoever works for it notes that here, whatever thread
/// that is on.
package final class WorkRecord: Sendable {
    /// The record of the request that a task works for; nil for none.
    @TaskLocal package static var current: WorkRecord?

    /// What is done for a request. Of several at a time, the last counts.
    package enum Phase: Int, CaseIterable, Sendable {
        case waiting, other, decoding, computing
    }

    /// What was noted.
    package struct Sums: Sendable {
        /// The names of the metrics, in the order in which they were asked for.
        package var metrics: [String] = []
        /// The images that came with the request.
        package var images = 0
        /// The bytes of its body that came.
        package var bytes = 0
        /// What was dropped or stopped because nobody waited for it any more.
        package var cancelled = 0
        fileprivate var times = PhaseValues<Duration>(repeating: .zero)

        /// The time of a phase in seconds. Those of all phases together are no more than the request took.
        package func seconds(_ phase: Phase) -> Double { times[phase.rawValue].seconds }
    }

    /// One value for each phase, in place: sums that were given out share no memory with those that go on.
    fileprivate typealias PhaseValues<Value> = InlineArray<4, Value>

    private struct State {
        var sums = Sums()
        var active = PhaseValues<Int>(repeating: 0)
        var since = ContinuousClock.now

        mutating func settle() {
            let now = ContinuousClock.now
            if let phase = Phase.allCases.last(where: { active[$0.rawValue] > 0 }) {
                sums.times[phase.rawValue] += now - since
            }
            since = now
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// What was noted until now.
    package var sums: Sums {
        state.withLock { state in
            state.settle()
            return state.sums
        }
    }

    /// Tells that a phase begins.
    package func enter(_ phase: Phase) { change(phase, by: 1) }

    /// Tells that what began by `enter` is over.
    package func leave(_ phase: Phase) { change(phase, by: -1) }

    private func change(_ phase: Phase, by count: Int) {
        state.withLock { state in
            state.settle()
            state.active[phase.rawValue] += count
        }
    }

    /// Waits for what others do for the request, and counts it when it was dropped or stopped.
    package func wait<R>(isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R) async throws -> R
    {
        enter(.waiting)
        defer { leave(.waiting) }
        do {
            return try await body()
        } catch let error as CancellationError {
            state.withLock { $0.sums.cancelled += 1 }
            throw error
        }
    }

    /// Notes metrics.
    func note(_ metrics: [any PerceptualMetric]) {
        state.withLock { state in
            for metric in metrics where !state.sums.metrics.contains(metric.card.name) {
                state.sums.metrics.append(metric.card.name)
            }
        }
    }

    /// Notes images that came.
    func note(images count: Int) { state.withLock { $0.sums.images += count } }

    /// Notes bytes that came.
    func note(bytes count: Int) { state.withLock { $0.sums.bytes += count } }
}

import Synchronization

/// Tells a thread that the task it works for was cancelled.
package final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    /// Whether the task was cancelled.
    package var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Notes that the task was cancelled.
    package func set() { flag.store(true, ordering: .relaxed) }
}

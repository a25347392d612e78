import Synchronization

/// Tells a thread that the task it works for was cancelled.
final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Whether the task was cancelled.
    var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Notes that the task was cancelled.
    func set() { flag.store(true, ordering: .relaxed) }
}

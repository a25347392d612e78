import Foundation
import Synchronization

/// Threads for work that blocks or computes for long, which must not take one of the few that tasks share.
package enum BackgroundWork {
    /// Runs `body` on a thread of its own and waits for it without blocking.
    /// - Parameter body: told by `isCancelled` when the task is cancelled; it should return soon then.
    /// - Throws: what `body` throws.
    package static func run<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> Result
    ) async throws -> Result {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                start(name) { continuation.resume(with: Swift.Result { try body { cancellation.isSet } }) }
            }
        } onCancel: {
            cancellation.set()
        }
    }

    /// Runs `body` on a thread of its own and gives what it reports as a sequence. A slow reader slows `body` down:
    /// at most 64 events wait.
    /// - Parameter body: calls `emit` with each event; told by `isCancelled` when nobody reads any more.
    package static func events<Event: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (_ emit: @escaping (Event) -> Void, _ isCancelled: () -> Bool) throws -> Void
    ) -> AsyncThrowingStream<Event, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(64)) { continuation in
            let cancellation = Cancellation()
            continuation.onTermination = { _ in cancellation.set() }
            start(name) {
                do {
                    try body(
                        { event in
                            while case .dropped = continuation.yield(event), !cancellation.isSet {
                                Thread.sleep(forTimeInterval: 0.01)
                            }
                        }, { cancellation.isSet })
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
        }
    }

    private static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = "dreamsim.\(name)"
        // The main thread's size: networks recurse little, but image libraries may not.
        thread.stackSize = 8 << 20
        thread.start()
    }
}

/// Tells a thread that the task it works for was cancelled.
private final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Whether the task was cancelled.
    var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Notes that the task was cancelled.
    func set() { flag.store(true, ordering: .relaxed) }
}

package import Foundation

/// Threads of our own, for work that blocks or waits, which must not take one of the few that tasks share.
package enum OwnThread {
    /// Starts threads that each run `body` once.
    package static func start(
        _ name: String, count: Int = 1, _ quality: QualityOfService = .default, _ body: @escaping @Sendable () -> Void
    ) {
        for _ in 0..<count {
            let thread = Thread(block: body)
            thread.name = name
            thread.qualityOfService = quality
            thread.start()
        }
    }

    /// Runs `body` on a thread of its own and waits for it without blocking.
    /// - Parameter body: told by the flag when the task is cancelled; it should return within a second then.
    package static func run<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable (CancellationFlag) -> Result
    ) async -> Result {
        let cancellation = CancellationFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                start(name) { continuation.resume(returning: body(cancellation)) }
            }
        } onCancel: {
            cancellation.set()
        }
    }
}

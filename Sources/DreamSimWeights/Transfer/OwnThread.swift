import Foundation

/// A thread for work that blocks, which must not take one of the few that tasks share.
enum OwnThread {
    /// Runs `body` on a thread of its own and waits for it without blocking.
    /// - Parameter body: told by the flag when the task is cancelled; it should return within a second then.
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable (CancellationFlag) -> Result
    ) async -> Result {
        let cancellation = CancellationFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread {
                    ignoreBrokenPipes()
                    continuation.resume(returning: body(cancellation))
                }
                thread.name = "dreamsim.transfer"
                thread.start()
            }
        } onCancel: {
            cancellation.set()
        }
    }

    /// Lets a write to a closed connection be an error, as TLS libraries may not see to it; the signal goes to the thread
    /// that writes, so that nothing else of the process is touched.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

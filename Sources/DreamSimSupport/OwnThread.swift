package import Foundation

/// Threads of our own, for work that blocks or computes for long, which must not take one of the few that tasks share.
package enum OwnThread {
    /// Starts threads that each run `body` once.
    package static func start(
        _ name: String, count: Int = 1, _ quality: QualityOfService = .default, _ body: @escaping @Sendable () -> Void
    ) {
        for _ in 0..<count {
            let thread = Thread(block: body)
            thread.name = name
            thread.qualityOfService = quality
            // The main thread's size: networks recurse little, but image libraries may not.
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// Runs `body` on a thread of its own and waits for it without blocking.
    /// - Parameter body: told by the flag when the task is cancelled; it should return within a second then.
    /// - Throws: what `body` throws.
    package static func run<Value: Sendable, Failure: Error>(
        _ name: String, _ body: @escaping @Sendable (CancellationFlag) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let cancellation = CancellationFlag()
        let result: Result<Value, Failure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                start(name) {
                    continuation.resume(returning: Result { () throws(Failure) in try body(cancellation) })
                }
            }
        } onCancel: {
            cancellation.set()
        }
        return try result.get()
    }

    /// Runs `body` on a thread of its own and gives what it reports as a sequence. A slow reader slows `body` down:
    /// at most 64 events wait.
    /// - Parameter body: calls `emit` with each event; told by the flag when nobody reads any more.
    package static func events<Event: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (_ emit: @escaping (Event) -> Void, CancellationFlag) throws -> Void
    ) -> AsyncThrowingStream<Event, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(64)) { continuation in
            let cancellation = CancellationFlag()
            continuation.onTermination = { _ in cancellation.set() }
            start(name) {
                do {
                    try body(
                        { event in
                            while case .dropped = continuation.yield(event), !cancellation.isSet {
                                Thread.sleep(forTimeInterval: 0.01)
                            }
                        }, cancellation)
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
        }
    }
}

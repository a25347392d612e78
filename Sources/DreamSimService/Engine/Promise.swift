import Synchronization

/// A value that a thread makes and a task awaits. When the task is cancelled, whoever makes it can see that nobody waits.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case pending
        case awaited(CheckedContinuation<Value, any Error>)
        case resolved(Result<Value, any Error>)
    }

    private let state = Mutex(State.pending)

    /// Whether there is a value, an error, or nobody who waits.
    var isResolved: Bool {
        state.withLock {
            if case .resolved = $0 { true } else { false }
        }
    }

    /// Gives the value or an error; only the first counts.
    func resolve(_ result: Result<Value, any Error>) {
        let continuation: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .pending:
                state = .resolved(result)
                return nil
            case .awaited(let continuation):
                state = .resolved(result)
                return continuation
            case .resolved: return nil
            }
        }
        continuation?.resume(with: result)
    }

    /// The value; may be asked for once.
    /// - Throws: the error, or `CancellationError`.
    func value() async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Value, any Error>? = state.withLock { state in
                    if case .resolved(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            resolve(.failure(CancellationError()))
        }
    }
}
